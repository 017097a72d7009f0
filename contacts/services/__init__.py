"""Services of contacts: what is done with people, groups and fields, whoever asks for it."""
