"""From a version and a stone to a price, its interval, its reasons and similar stones."""
