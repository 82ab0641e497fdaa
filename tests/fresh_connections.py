"""Sends each request on a connection of its own; httpx by itself reads all certificates again for each."""

import httpx

_client = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
get, post = _client.get, _client.post
