"""How settings are read that are lists, JSON or URLs, and within which bounds numbers are."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

_URL = re.compile(r"https?://[^\s/?#]+\S*")


def _parse_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("expected JSON") from None


def _parse_list(value: object) -> object:
    """A list as JSON, or with commas between its items."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [item.strip() for item in value.split(",") if item.strip()]
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("expected a list as JSON, or items with commas between them") from None


def _check_url(url: str) -> str:
    if _URL.fullmatch(url) is None:
        raise ValueError("expected a URL, such as http://127.0.0.1:3000")
    return url


Json: Any = (NoDecode, BeforeValidator(_parse_json))
"""Metadata of a setting that is written as JSON."""
Listed: Any = (NoDecode, BeforeValidator(_parse_list))
"""Metadata of a setting that is a list, as JSON or with commas."""

Url = Annotated[str, AfterValidator(_check_url)]
Text = Annotated[str, Field(min_length=1)]

# Beyond these bounds something overflows: timers, sizes of files, dates, seeds of NumPy.
Count = Annotated[int, Field(ge=1, le=10**9)]
Bytes = Annotated[int, Field(ge=1, le=2**60)]
Seconds = Annotated[float, Field(gt=0, le=10**6)]
WholeSeconds = Annotated[int, Field(ge=1, le=10**6)]
