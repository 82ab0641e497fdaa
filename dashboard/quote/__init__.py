"""The page *Quote*: prices one stone."""
