"""The page that lists, charts and repeats exchanges."""
