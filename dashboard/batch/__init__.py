"""The page that prices a file of stones."""
