"""Formats text: numbers with their noun, and plain text escaped for Markdown."""

import re


def counted(number: int, noun: str) -> str:
    """For instance *1 stone* or *2,000 stones*."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def escape_markdown(text: str) -> str:
    """Markdown that renders as the text itself, whatever characters are in it."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$:&-])", r"\\\1", text)
