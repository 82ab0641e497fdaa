"""The names of our entries in BentoML's model store."""

PREFIX = "diamonds-"
CHAMPION_NAME = "champion"
CHAMPION = PREFIX + CHAMPION_NAME
DATASET = "dataset"
SHARED_FILES = "diamonds-shared-files"
"""The folder of the files that versions share, beside that of the models."""
