"""The page *Exchanges*: lists, charts and repeats exchanges."""
