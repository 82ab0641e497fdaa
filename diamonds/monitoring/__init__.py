"""Monitoring of models by the recorded exchanges."""
