"""Formats text: numbers with their noun, and what others wrote so that it is shown and never rendered."""

import re
from unicodedata import bidirectional

MOST_CHARACTERS = 2_000
"""How much of a text is shown within a page; longer ones would only push the rest out of sight."""

_JOINER = "\u2060"  # invisible, and no end of a line
_ISOLATE = "\u2068{}\u2069"
_RIGHT_TO_LEFT = ("R", "AL", "AN")

# What Streamlit replaces besides the Markdown, so that a backslash does not help: icons and its logo, and
# outside of code also links and typographical signs. A joiner after the match stops it.
_ICON = r":(?=material[/_]|streamlit:)"
_IN_CODE = re.compile(_ICON)
_IN_TEXT = re.compile(
    rf"{_ICON}|(?:https?|ftp):(?=//)|\bwww(?=\.)|@|(?<!\S)[<>~-](?=(?:=|-|>|->)(?!\S))", re.IGNORECASE
)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def counted(number: int, noun: str) -> str:
    """For instance *1 stone* or *2,000 stones*."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def format_amount(amount: float, currency: str, decimals: int = 0) -> str:
    """For instance *$2,727* or *EUR 2,727*."""
    return f"{'$' if currency == 'USD' else f'{currency} '}{amount:,.{decimals}f}"


def escape_markdown(text: str) -> str:
    """Markdown that renders as the text itself on one line, whatever characters are in it."""
    return _PUNCTUATION.sub(r"\\\1", _joined(_IN_TEXT, visible(text)))


def escape_lines(text: str) -> str:
    """Markdown that renders as the lines of the text, each as ``escape_markdown`` does."""
    return "\n\n".join(map(escape_markdown, text.splitlines()))


def code(text: str) -> str:
    """Markdown that renders as the text itself on one line, in the font of code."""
    content = _joined(_IN_CODE, visible(text)) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", content)), default=0))
    padding = " " if "`" in (content[0], content[-1]) else ""
    return f"{fence}{padding}{content}{padding}{fence}"


def visible(text: str) -> str:
    """The text on one line, cut where it is very long, with invisible characters as ``\\u202e``.

    Those could hide what follows, or show it in another order.
    """
    line = " ".join(text[: MOST_CHARACTERS + 1].split())[:MOST_CHARACTERS]
    shown = "".join(map(_visible, line))
    if any(bidirectional(character) in _RIGHT_TO_LEFT for character in shown):
        shown = _ISOLATE.format(shown)  # so that it does not turn what stands beside it
    return shown if len(text) <= MOST_CHARACTERS else f"{shown} ... ({len(text):,} characters)"


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _joined(pattern: "re.Pattern[str]", text: str) -> str:
    return pattern.sub(lambda match: f"{match[0]}{_JOINER}", text)
