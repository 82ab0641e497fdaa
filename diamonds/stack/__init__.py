"""Runs the processes of ``diamonds run`` together."""
