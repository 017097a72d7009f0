"""Importing people from spreadsheets: reading, what happens to each row, loading, the report."""
