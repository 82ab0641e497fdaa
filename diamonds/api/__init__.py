"""The shapes of the HTTP contract, and a Python client that speaks it."""
