"""Reads requests of HTTP/1.1 as uvicorn does by httptools, also those at which they stop or stumble."""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_VERSIONS = ("1.1", "1.0")


class Http11(HttpToolsProtocol):
    """What a server has to do with a request beside reading its headers and body (RFC 9110 and 9112).

    An upgrade, such as to HTTP/2 (h2c), is ignored, and its request read with its body. Trailers are left
    out: they would be taken for headers. Of a whole URL in the request line the host counts, whatever
    ``Host`` says. ``Expect`` of a client of HTTP/1.0, which knows no interim responses, means nothing.
    """

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("another version")  # for the parser, which stops at it
        if self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False
        if not self.url.startswith(b"/"):
            self._take_host_of_url()
        super().on_headers_complete()
        if not (self.parser.should_upgrade() and self._should_upgrade()):
            self.headers = []  # trailers go here; the scope keeps the list of headers

    def _feed(self, data: bytes) -> None:
        """Has the parser read the data; what follows an upgrade, after a head that asks for none."""
        unread = memoryview(data)
        while unread:
            try:
                self.parser.feed_data(unread)
                return
            except httptools.HttpParserUpgrade as upgrade:
                unread = unread[upgrade.args[0] :]
            if not self._should_upgrade():
                return  # after CONNECT, which is answered, there is no HTTP
            head = self._head_without_upgrade()
            # The parser before may take the connection for closed.
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
            self.parser.feed_data(head)

    def _should_upgrade(self) -> bool:
        """Whether uvicorn shall leave the request alone, since it is read once more, without the upgrade."""
        return self.parser.get_method() != b"CONNECT"

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def _take_host_of_url(self) -> None:
        url = httptools.parse_url(self.url)
        if not url.host:
            return
        port = b":%d" % url.port if url.port else b""
        host = b"[%s]" % url.host if b":" in url.host else url.host
        self.headers[:] = [*(each for each in self.headers if each[0] != b"host"), (b"host", host + port)]
        self.url = (url.path or b"/") + (b"?%s" % url.query if url.query else b"")
