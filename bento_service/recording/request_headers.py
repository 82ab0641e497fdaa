"""Reads the headers of a request: what is stored of them, and why they may reject the request."""

from collections.abc import Callable
from functools import partial

from starlette.types import Scope

from bento_service.http.body import BYTES, check_content_type, check_stones_file
from bento_service.http.codings import codings, decoded_body
from bento_service.http.errors import ApiError
from bento_service.http.keys import check_access, key_name
from bento_service.http.origins import SENT_BY_BROWSERS, foreign_origin
from bento_service.http.threads import PARSING, run_in
from bento_service.recording.exchange_ids import HEADER, RETRY_HEADER
from bento_service.recording.request_body import check_size
from diamonds.settings import Settings

_STORED = ("content-type", "content-encoding", "user-agent", "traceparent")
_STORED_HEADERS = {name.encode(): name for name in _STORED}
_CODINGS = (b"content-encoding", b"transfer-encoding")
_KEY = b"authorization"
_READ_HEADERS = frozenset(
    {*_STORED_HEADERS, *_CODINGS, b"content-length", _KEY, HEADER, RETRY_HEADER, *SENT_BY_BROWSERS}
)
_STORED_CHARACTERS = 1000
"""Of a longer header the first characters are stored."""

DECODED = "decoded-content-encoding"
"""As what the header ``Content-Encoding`` is stored where the body is stored decoded."""

KEY_NAME = "key-name"
"""As what the name of the key of a request is stored; the key itself never is."""

_UPLOADS: dict[str, Callable[[Scope], None]] = {
    "/version_files": partial(check_content_type, expected=BYTES),
    "/datasets": check_stones_file,
}
"""What checks the content type of files that are larger than all other bodies, by their paths."""


class RequestHeaders:
    """The headers that the recorder reads, in one pass over all.

    ``client_id`` is the exchange id that the client chose; ``is_retry``: it may have sent the request before;
    ``codings`` what its body is encoded by.
    """

    __slots__ = (
        "_check_upload",
        "_credentials",
        "_declared_size",
        "_foreign_origin",
        "_scope",
        "body_limit",
        "client_id",
        "codings",
        "is_retry",
        "stored",
    )

    def __init__(self, scope: Scope, settings: Settings) -> None:
        self._scope = scope
        self._check_upload = _UPLOADS.get(scope["path"]) if scope["method"] == "POST" else None
        self.body_limit = settings.most_upload_bytes if self._check_upload else settings.most_body_bytes
        self.stored: dict[str, str] = {}
        self.codings: list[str] = []
        self.client_id: str | None = None
        self.is_retry = False
        self._foreign_origin: ApiError | None = None
        self._declared_size = 0
        self._credentials: list[bytes] = []
        for name, value in scope["headers"]:
            if name in _READ_HEADERS:
                self._read(name, value)
        if self._credentials and (key := key_name(self._credentials)) is not None:
            self.stored[KEY_NAME] = key

    def check_origin(self) -> None:
        """Raises the 403 for a request that a page of another site has sent."""
        if self._foreign_origin is not None:
            raise self._foreign_origin

    def check(self) -> None:
        """Raises the ApiError for which the request is rejected before its body is read."""
        if self._check_upload:
            self.check_origin()
            check_access(self._scope)
            self._check_upload(self._scope)
        check_size(self._declared_size, self.body_limit)

    async def decode(self, body: bytes) -> bytes:
        """The body without its coding, which is what is stored; raises ApiError where it stays as it is."""
        check_access(self._scope)
        decoded = await run_in(PARSING, decoded_body, body, self.codings, self.body_limit)
        if "content-encoding" in self.stored:
            self.stored[DECODED] = self.stored.pop("content-encoding")
        return decoded

    def _read(self, name: bytes, value: bytes) -> None:
        text = value.decode("latin-1")
        if name in _CODINGS:
            self.codings += codings(text)
        label = _STORED_HEADERS.get(name)
        if label is not None:
            self.stored[label] = _joined(self.stored.get(label), text)[:_STORED_CHARACTERS]
        elif name == b"content-length":
            self._declared_size = int(value)  # the server has checked it
        elif name == _KEY:
            self._credentials.append(value)
        elif name == HEADER:
            self.client_id = _joined(self.client_id, text)
        elif name == RETRY_HEADER:
            self.is_retry = True
        elif name in SENT_BY_BROWSERS:
            self._foreign_origin = foreign_origin(self._scope)


def _joined(before: str | None, value: str) -> str:
    """The values of a header that was sent more than once, as one."""
    return value if before is None else f"{before}, {value}"
