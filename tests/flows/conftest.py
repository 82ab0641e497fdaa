"""One real Prefect server for all tests of the flows, with the deployments of ``prefect.yaml``."""

from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client

from flows.deployments import deploy
from tests.prefect_server import serving_prefect


@pytest.fixture(scope="package")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server that looks at its triggers every second, and the variables with which processes reach it."""
    with serving_prefect(tmp_path_factory.mktemp("server")):
        yield


@pytest.fixture
def prefect(prefect_server: None) -> Iterator[SyncPrefectClient]:
    """A client of the server."""
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def deployed(prefect: SyncPrefectClient) -> SyncPrefectClient:
    """A client of the server once all is deployed, which it is once."""
    deploy(prefect)
    return prefect
