"""How good a version is: metrics, slices, model cards."""
