"""One real Prefect server for all tests of the flows, with the deployments of ``prefect.yaml``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client

from diamonds.stack.environment import DEFAULTS
from flows.deployments import deploy
from tests.prefect_server import serving_prefect


@pytest.fixture(scope="package")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of the server that this process and those that it starts call; it prunes old runs at once."""
    home, vacuum = tmp_path_factory.mktemp("server"), "PREFECT_SERVER_SERVICES_DB_VACUUM_"
    pruning = {f"{vacuum}ENABLED": DEFAULTS[f"{vacuum}ENABLED"], f"{vacuum}LOOP_SECONDS": "5"}
    with serving_prefect(home, pruning):
        yield home


@pytest.fixture
def prefect(prefect_server: Path) -> Iterator[SyncPrefectClient]:
    """A client of the server."""
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def deployed(prefect: SyncPrefectClient) -> SyncPrefectClient:
    """A client of the server once all is deployed, which it is once."""
    deploy(prefect)
    return prefect
