"""The page *Batch*: prices a file of stones."""
