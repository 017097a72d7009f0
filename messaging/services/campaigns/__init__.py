"""A message's life until it is queued: drafts, review, hand-over, preparation, schedule, control."""
