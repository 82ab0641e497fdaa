"""Evaluation of a version: metrics, slices, model cards."""
