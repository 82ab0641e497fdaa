"""Writes the log of a process as text, or as JSON, an object a line; what repeats itself once a minute."""

import logging
import time
from collections.abc import Callable, Hashable
from typing import Literal

LogFormat = Literal["text", "json"]

_LOGGERS = ("", "bentoml", "uvicorn.error", "circus")
"""Those for which BentoML configures handlers, and the root, which has a handler in no other process."""
_FIELDS = ("asctime", "levelname", "name", "process", "message")
_NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
_OF_BENTOML = ("levelname_bracketed", "trace_msg", "request_id", "service_name")  # for its own text
_MINUTE_S = 60.0


class OncePerMinute:
    """Says of what happens again and again whether it is to be logged now: each cause once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due_at: dict[Hashable, float] = {}

    def is_due(self, cause: Hashable) -> bool:
        """Whether nothing was to be logged of this cause within the last minute."""
        now = self._clock()
        if now < self._due_at.get(cause, now):
            return False
        self._due_at[cause] = now + _MINUTE_S
        return True


def write_log(as_: LogFormat) -> None:
    """Sets how this process writes its log; in the service, once BentoML has configured it."""
    if as_ == "text":
        return
    from pythonjsonlogger.core import RESERVED_ATTRS
    from pythonjsonlogger.json import JsonFormatter

    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.WARNING)
    formatter = JsonFormatter(
        list(_FIELDS),
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        rename_fields=_NAMES,
        reserved_attrs=[*RESERVED_ATTRS, *_OF_BENTOML],
    )
    for name in _LOGGERS:
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(formatter)
