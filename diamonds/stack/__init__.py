"""What ``diamonds run`` keeps running together."""
