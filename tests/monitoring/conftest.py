"""A record with weeks of a simulated market in it."""
