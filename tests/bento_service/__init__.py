"""Tests of the service through its front door."""
