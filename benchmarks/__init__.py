"""Benchmarks that the documentation quotes; each compares two implementations and prints the ratio."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # as in the service; numpy reads it when it is imported
