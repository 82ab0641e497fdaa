"""Connections of HTTP clients, as uvicorn serves them by httptools, with what both leave out."""

from bento_service.connections.connection import Connection

__all__ = ["Connection"]
