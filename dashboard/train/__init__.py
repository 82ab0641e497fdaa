"""The page that starts a training and follows it."""
