"""File name endings of the stones that can be uploaded."""

from diamonds.dataset.files import COMPRESSED, SUFFIXES

ENDINGS = tuple(suffix.removeprefix(".") for suffix in (*SUFFIXES, *COMPRESSED))
