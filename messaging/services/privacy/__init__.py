"""What is kept about one person and how it goes; what is old and how it goes."""
