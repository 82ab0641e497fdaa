"""The page that prices one stone."""
