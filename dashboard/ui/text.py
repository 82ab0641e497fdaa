"""Formats text: numbers with their noun, and plain text escaped for Markdown."""

import re


def counted(number: int, noun: str) -> str:
    """For instance *1 stone* or *2,000 stones*."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_amount(amount: float, currency: str, decimals: int = 0) -> str:
    """For instance *$2,727* or *EUR 2,727*."""
    return f"{'$' if currency == 'USD' else f'{currency} '}{amount:,.{decimals}f}"


def escape_markdown(text: str) -> str:
    """Markdown that renders as the text itself, whatever characters are in it."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$:&-])", r"\\\1", text)
