"""Item by item, what the service still answers while its database is away, from its start on."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from tests.faults.conftest import Scene

pytestmark = pytest.mark.slow

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
CALLS: dict[str, Any] = {
    "/predict": STONE,
    "/predict_batch": {"diamonds": [STONE]},
    "/explain": STONE,
    "/similar": STONE,
}
READS = ("/models", "/models/linear", "/promotions", "/docs.json", "/metrics", "/livez", "/readyz")


@pytest.fixture
def client(scene: Scene) -> Iterator[httpx.Client]:
    """A client of a service that has never seen its database."""
    scene.postgres.stop()
    try:
        with scene.service() as running, running.client() as client:
            yield client
    finally:
        scene.postgres.stop()
        scene.postgres.start()
