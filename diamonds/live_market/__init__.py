"""A whole stack of its own, in which the loop acts on a simulated market at an accelerated clock."""
