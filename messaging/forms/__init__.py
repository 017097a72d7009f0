"""What people type and choose, checked and cleaned."""
