"""Forms of messaging: what people type and choose, checked and cleaned."""
