"""Reads the headers of a request: what is stored of them, and why they may reject the request."""

from starlette.types import Scope

from bento_service.http.body import BYTES, check_content_type
from bento_service.http.errors import ApiError
from bento_service.http.keys import check_access
from bento_service.http.origins import SENT_BY_BROWSERS, foreign_origin
from bento_service.recording.exchange_ids import HEADER, RETRY_HEADER
from bento_service.recording.request_body import check_size
from diamonds.settings import Settings

_STORED_HEADERS = {name.encode(): name for name in ("content-type", "content-encoding", "user-agent")}
_READ_HEADERS = frozenset({*_STORED_HEADERS, b"content-length", HEADER, RETRY_HEADER, *SENT_BY_BROWSERS})
_STORED_CHARACTERS = 1000
"""Of a longer header the first characters are stored."""

_UPLOAD_PATH = "/version_files"  # files of versions are larger than all other bodies


class RequestHeaders:
    """The headers that the recorder reads, in one pass over all.

    ``client_id`` is the exchange id that the client chose; ``is_retry``: it may have sent the request before.
    """

    __slots__ = (
        "_declared_size",
        "_foreign_origin",
        "_is_upload",
        "_scope",
        "body_limit",
        "client_id",
        "is_retry",
        "stored",
    )

    def __init__(self, scope: Scope, settings: Settings) -> None:
        self._scope = scope
        self._is_upload = scope["path"] == _UPLOAD_PATH and scope["method"] == "POST"
        self.body_limit = settings.most_upload_bytes if self._is_upload else settings.most_body_bytes
        self.stored: dict[str, str] = {}
        self.client_id: str | None = None
        self.is_retry = False
        self._foreign_origin: ApiError | None = None
        self._declared_size = 0
        for name, value in scope["headers"]:
            if name in _READ_HEADERS:
                self._read(name, value)

    def check_origin(self) -> None:
        """Raises the 403 for a request that a page of another site has sent."""
        if self._foreign_origin is not None:
            raise self._foreign_origin

    def check(self) -> None:
        """Raises the ApiError for which the request is rejected before its body is read."""
        if self._is_upload:
            self.check_origin()
            check_access(self._scope)
            check_content_type(self._scope, BYTES)
        check_size(self._declared_size, self.body_limit)

    def _read(self, name: bytes, value: bytes) -> None:
        label = _STORED_HEADERS.get(name)
        if label is not None:
            self.stored[label] = value[:_STORED_CHARACTERS].decode("latin-1")
        elif name == b"content-length":
            self._declared_size = int(value)  # the server has checked it
        elif name == HEADER:
            self.client_id = value.decode("latin-1")
        elif name == RETRY_HEADER:
            self.is_retry = True
        else:
            self._foreign_origin = foreign_origin(self._scope)
