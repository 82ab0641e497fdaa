"""Distinguishes the URLs of sources, and shows them without their secrets.

It is light to import: whoever only names a source reads none.
"""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def without_secrets(source: str | Path) -> str:
    """The source as messages and reports may show it: without passwords, tokens and signatures."""
    text = str(source)
    if not is_url(text):
        return text
    if not is_file_url(text):
        from diamonds.dataset.formats.sql import without_password

        return without_password(text)
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def is_url(text: str) -> bool:
    """Whether the source is a URL, and no path."""
    return "://" in text


def is_file_url(text: str) -> bool:
    """Whether the URL is one that fsspec opens, and none of a database."""
    import fsspec

    return text.split("://")[0] in fsspec.available_protocols()
