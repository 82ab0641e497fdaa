"""The page *Monitor*."""
