"""Tests: they mirror the packages, and go in by the front door."""
