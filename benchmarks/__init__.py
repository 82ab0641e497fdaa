"""Measurements that the documentation quotes; each script runs both sides and prints the ratio."""
