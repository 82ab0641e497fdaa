"""Tests of reading, cleaning, identifying and splitting sold stones."""
