"""The answers that the service gives before a request reaches the API, in the one shape that errors have."""

from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the recorder's own, in the one shape that errors have."""

    status: int
    code: str
    message: str
    fields: tuple[dict[str, Any], ...] = ()

    def body(self) -> bytes:
        error = {"code": self.code, "message": self.message, "fields": self.fields}
        return orjson.dumps({"error": error})
