"""Reading Sociair's answers. Pure: bytes in, a verdict out."""
