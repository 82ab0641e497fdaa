"""Measurements that the documentation quotes; each script runs both sides and prints the ratio."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # as the service has it; numpy reads it when it is imported
