"""What is done with people, groups and fields, whoever asks for it."""
