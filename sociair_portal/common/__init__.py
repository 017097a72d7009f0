"""What contacts and messaging share; it knows nothing of either."""
