"""Frees the memory that loading a model leaves behind."""

import ctypes
import gc


def free_memory() -> None:
    """Collects garbage, has the collector pass over what is left, and gives free memory to the system."""
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries than glibc have none
    if trim is not None:
        trim(0)
