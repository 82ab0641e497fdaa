"""Stands between a client and its server, and cuts connections when it hurts most."""

import contextlib
import selectors
import socket
import threading


class Proxy:
    """Passes everything on, but for the reply to what holds ``asked`` while ``cuts`` is above 0."""

    def __init__(self, upstream_port: int, asked: bytes = b"COMMIT") -> None:
        self.cuts = 0
        self._asked = asked
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = ("127.0.0.1", self._upstream_port)
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(upstream) as server,
            selectors.DefaultSelector() as sides,
        ):
            sides.register(client, selectors.EVENT_READ)
            sides.register(server, selectors.EVENT_READ)
            while self._pass_on(client, server, sides):
                pass

    def _pass_on(self, client: socket.socket, server: socket.socket, sides: selectors.BaseSelector) -> bool:
        """Passes on what came from either side; whether both are to stay connected."""
        for source in [client if key.fileobj is client else server for key, _ in sides.select()]:
            data = source.recv(1 << 16)
            (server if source is client else client).sendall(data)
            if not data:
                return False
            if source is client and self.cuts > 0 and self._asked in data:
                self.cuts -= 1
                server.recv(1 << 16)  # it is done, and only we know
                return False
        return True
