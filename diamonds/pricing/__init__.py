"""Pricing of stones with a version: quotes, intervals, explanations, warnings, and similar stones."""
