"""How numbers of things are said, and text that others wrote, in Markdown."""

import re


def counted(number: int, thing: str) -> str:
    """For instance *1 stone* or *2,000 stones*."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def literal(text: str) -> str:
    """Markdown that reads as the text does, whatever signs are in it."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$:&-])", r"\\\1", text)
