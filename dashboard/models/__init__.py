"""The page *Models*: compares, promotes, rolls back, exports and imports versions."""
