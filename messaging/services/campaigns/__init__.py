"""A message until it is queued: drafts, review, hand-over, preparation, schedule, control."""
