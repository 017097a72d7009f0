"""What both apps need and neither owns; knows nothing of either."""
