"""Who gets in: signing in, the second step, sessions, colleagues and their invitations."""
