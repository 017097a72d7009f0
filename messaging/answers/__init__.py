"""What an answer of Sociair means. Pure: bytes in, a verdict out."""
