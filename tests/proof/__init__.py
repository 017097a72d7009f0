"""Proof of the promises: never twice, never lost; with real processes, killed and suspended."""
