"""Turns the text of a model card, which others may have written, into Markdown that renders no more."""

import re

from dashboard.ui.text import escape_markdown

MOST_LINES = 500
_MARKS = {"# ": "#### ", "- ": "- "}  # the page has a title of its own
_RULE = re.compile(r"\|(?:-+:?\|)+")


def card_markdown(card: str) -> str:
    """The card with its headings, lists and tables; within these, every character stands for itself."""
    return "\n".join(map(_as_markdown, card.splitlines()[:MOST_LINES]))


def _as_markdown(line: str) -> str:
    if _RULE.fullmatch(line):
        return line
    if line.startswith("|"):
        return " | ".join(map(escape_markdown, line.split("|"))).strip()
    mark = next((mark for mark in _MARKS if line.startswith(mark)), "")
    return _MARKS.get(mark, "") + escape_markdown(line.removeprefix(mark))
