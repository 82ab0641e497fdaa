"""What the record says about the models."""
