"""A real nginx in front of a service, as it stands in production: it keeps its connections open."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import free_port, process

needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx here")

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
    client_max_body_size 0;
    upstream diamonds {{ server 127.0.0.1:{service}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://diamonds;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_request_buffering off;
        }}
        location /diamonds/ {{
            proxy_pass http://diamonds/;
            proxy_set_header Host $host;
        }}
    }}
}}
"""


@contextmanager
def behind_nginx(service_url: str, folder: Path) -> Iterator[str]:
    """The URL of an nginx in front of the service; below /diamonds/ it removes that from the path."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, service=service_url.rpartition(":")[2]))
    url = f"http://127.0.0.1:{port}"
    with process(["nginx", "-c", str(file), "-p", str(folder)], folder / "log", until=f"{url}/livez"):
        yield url
