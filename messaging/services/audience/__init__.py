"""Who gets what: the choice, the recipients, their letters, repeats, tables."""
