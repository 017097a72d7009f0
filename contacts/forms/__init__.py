"""Forms of contacts: what people type and choose, checked and cleaned."""
