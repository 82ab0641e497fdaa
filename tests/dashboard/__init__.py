"""The dashboard, as somebody with a browser uses it."""
