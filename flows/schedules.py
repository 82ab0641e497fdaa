"""Deploys the schedules of ``prefect.yaml`` to Prefect's server and becomes the worker that runs them."""

import os
import subprocess
import sys
import time
from http import HTTPStatus

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from diamonds.settings import PROJECT, settings
from flows.automations import NoSuchBlock
from flows.deployments import PREFECT, NotDeployed, deploy
from flows.first_training import train_missing_models
from flows.new_data import local_source
from flows.signs_of_life import ask_for_signs_of_life

FIRST_TRAINING = "--first-training"
WORKER_DEFAULTS = {"PREFECT_WORKER_QUERY_SECONDS": "3"}
"""Variables of the worker where the user has not set them: it looks for runs more often than each 10 s."""

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def main() -> None:
    """Waits for Prefect's server, however long it takes, deploys, and becomes the worker.

    With ``--first-training`` the models that have no version yet are trained first. Runs whose worker died
    are found by the server and started again: see ``automations.yaml``.
    """
    with get_client(sync_client=True) as client:
        wait_for_server(client)
        try:
            deploy(client)
            ask_for_signs_of_life(client)
            if FIRST_TRAINING in sys.argv:
                train_missing_models(client)
        except (NotDeployed, NoSuchBlock) as error:
            sys.exit(str(error))
        except PrefectHTTPStatusError as error:
            sys.exit(_explained(error))
    _watch_data()
    worker = [*PREFECT, "worker", "start", "--pool", settings().work_pool]
    os.chdir(PROJECT)
    os.execve(worker[0], worker, WORKER_DEFAULTS | os.environ)  # noqa: S606 - no shell is wanted


def _watch_data() -> None:
    """Starts what watches the files of the configured data; it ends with this process."""
    source = local_source(settings().data)
    if source is not None:
        note = settings().home.resolve() / "data-files.json"
        subprocess.Popen([sys.executable, "-m", "flows.new_data", str(source), str(note)], cwd=PROJECT)


def wait_for_server(client: SyncPrefectClient) -> None:
    """Returns once Prefect's server answers."""
    while client.api_healthcheck() is not None:
        time.sleep(0.2)


def _explained(error: PrefectHTTPStatusError) -> str:
    response = error.response
    if response.status_code in _REFUSED:
        expected = "expected that of PREFECT_SERVER_API_AUTH_STRING there"
        return f"Prefect's server at {response.url.host} refuses PREFECT_API_AUTH_STRING; {expected}."
    return (
        f"Prefect's server answered {response.url} with status {response.status_code}: {response.text[:200]}"
    )


if __name__ == "__main__":
    main()
