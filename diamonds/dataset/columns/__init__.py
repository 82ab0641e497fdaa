"""Recognises the columns of a table: by their names, and by what they hold where a name leaves a choice."""

from diamonds.dataset.columns.aliases import ALIASES, ROLES
from diamonds.dataset.columns.names import normalised
from diamonds.dataset.columns.recognise import REQUIRED, Recognised, recognise_columns

__all__ = ["ALIASES", "REQUIRED", "ROLES", "Recognised", "normalised", "recognise_columns"]
