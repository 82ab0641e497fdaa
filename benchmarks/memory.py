"""Measures the memory of a process, of which what is shared with others counts in part."""

import psutil


def memory_mb(process: psutil.Process) -> float:
    """The proportional share of a process where the system knows it (Linux), or what is its own alone."""
    memory = process.memory_full_info()
    return float(getattr(memory, "pss", memory.uss)) / 1e6
