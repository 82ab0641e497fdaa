"""One real Prefect server for all tests of the flows, with the deployments of ``prefect.yaml``."""

import sys
from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows.deployments import deploy
from tests.processes import free_port, process

AUTH = "tests:of-the-flows"


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server that looks at its triggers every second, and the variables with which processes reach it."""
    home, port = tmp_path_factory.mktemp("server"), free_port()
    url = f"http://127.0.0.1:{port}/api"
    server = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": AUTH,
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
    }
    with (
        process(server, home / "server.log", environment, until=f"{url}/health"),
        pytest.MonkeyPatch.context() as patch,
        temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: AUTH}),
    ):
        patch.setenv("PREFECT_API_URL", url)
        patch.setenv("PREFECT_API_AUTH_STRING", AUTH)
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
