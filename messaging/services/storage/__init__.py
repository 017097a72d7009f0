"""Whether the database is there and ours, its clock, and what is wrong with it."""
