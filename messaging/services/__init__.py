"""Everything that is done with messages; docs/architecture.md draws the rooms."""
