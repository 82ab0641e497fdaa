"""The record on disk: what a worker appends before it answers."""
