"""The pages of people, groups and opt-outs."""
