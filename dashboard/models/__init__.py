"""The page of versions: compared, promoted, rolled back, exported and imported."""
