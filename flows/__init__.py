"""Prefect flows: what runs on a schedule."""
