"""Whether anything may be sent at all: holds, machines, records, doubts after a restore."""
