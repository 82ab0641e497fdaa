"""The page *Train*: starts training runs and shows their progress."""
