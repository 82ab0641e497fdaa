"""Versions as files in BentoML's own export format (``.bentomodel``), to take elsewhere and bring back."""
