"""What nobody knows: settling it, sending it again, the evidence, Sociair's bill."""
