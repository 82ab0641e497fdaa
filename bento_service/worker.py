"""A worker of BentoML on the sockets that ``diamonds run`` holds open: ``worker FILES NUMBER``.

``bentoml serve`` starts the same worker below a process of its own, which imports everything as well, takes
half of the start and 170 MB, and only starts workers again, as ``diamonds run`` does. The sockets listen
while a worker is restarted: clients wait a moment, none is refused.
"""

import socket
import sys

import uvicorn
from _bentoml_impl.worker.service import main as run_worker  # type: ignore[import-untyped]

SERVICE = "bento_service.service:DiamondService"


def main(files: list[int], number: int) -> None:
    """Serves on sockets by their file descriptors as worker ``number``, counted from 1, until SIGTERM."""
    first, *others = files
    uvicorn.Server = _server_on([socket.socket(fileno=each) for each in others])  # type: ignore[misc]
    run_worker([SERVICE, "--fd", str(first), "--worker-id", str(number), "--args", "{}"])


def _server_on(others: list[socket.socket]) -> type[uvicorn.Server]:
    """uvicorn's server, which BentoML gives one socket, on others as well."""

    class Server(uvicorn.Server):
        def run(self, sockets: list[socket.socket] | None = None) -> None:
            super().run([*(sockets or []), *others])

    return Server


if __name__ == "__main__":
    main([int(file) for file in sys.argv[1].split(",")], int(sys.argv[2]))
