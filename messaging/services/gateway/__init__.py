"""Whether anything may be sent at all: holds, machines and their records, doubts after a restore."""
