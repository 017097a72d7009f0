"""Getting people out of spreadsheets: reading, what happens to each row, loading, the report."""
