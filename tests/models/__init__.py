"""Tests of the models: each of the registry keeps the same promises."""
