"""The record of who did what: lowest, so that everything may write into it."""
