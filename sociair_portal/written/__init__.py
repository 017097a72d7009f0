"""How Django itself writes days, where the portal's own filters are not asked: in the admin."""
