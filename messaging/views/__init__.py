"""The pages of composing, sending and looking back."""
