"""The worker's part of a message's way: slot, claim, call, record."""
