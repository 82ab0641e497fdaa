"""The names of our entries in BentoML's model store."""

PREFIX = "diamonds-"
CHAMPION_NAME = "champion"
CHAMPION = PREFIX + CHAMPION_NAME
