"""Prices, the balance, what can be paid, what became more expensive."""
