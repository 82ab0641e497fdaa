"""``diamonds doctor``: a line for each finding, and exit code 1 where something is wrong."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import free_ports
from tests.stack.refused import refused_run


def diagnosis(home: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    ports = {f"DIAMONDS_{name.upper()}": str(port) for name, port in free_ports().items()}
    return subprocess.run(
        [sys.executable, "-m", "diamonds", "doctor", *options],
        env={
            **os.environ,
            "DIAMONDS_HOME": str(home),
            "BENTOML_HOME": str(home / "bentoml"),
            **ports,
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wrong(home: Path, **variables: str) -> dict[str, str]:
    """What is wrong by the names of the checks, but for the packages: these are the developer's own."""
    done = diagnosis(home, "--json", **variables)
    findings = json.loads(done.stdout)["findings"]
    assert done.returncode == int(not all(finding["ok"] for finding in findings))
    return {
        finding["check"]: finding["message"]
        for finding in findings
        if not finding["ok"] and finding["check"] != "packages"
    }


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_nothing_is_wrong_with_this_machine_and_nothing_is_made(tmp_path: Path) -> None:
    assert wrong(tmp_path / "home") == {}
    assert not (tmp_path / "home").exists()


def test_what_is_wrong_is_named_with_what_helps(tmp_path: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    damaged = tmp_path / "bentoml" / "models" / "diamonds-champion" / "damaged"
    damaged.mkdir(parents=True)
    (damaged / "model.yaml").write_text("{")

    found = wrong(
        tmp_path,
        DIAMONDS_SERVICE_PORT=str(port),
        DIAMONDS_DATABASE_URL="postgresql://127.0.0.1:1/none",
        PREFECT_API_URL="http://127.0.0.1:1/api",
    )

    assert set(found) == {"ports", "database", "prefect", "champion", "versions"}
    assert f"stop it with: kill {os.getpid()}, or set DIAMONDS_SERVICE_PORT" in found["ports"]
    assert "The server of DIAMONDS_DATABASE_URL does not respond: connection" in found["database"]
    assert "Connection refused" in found["prefect"]


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    done = diagnosis(tmp_path, DIAMONDS_HOST="nowhere.example")

    (line,) = done.stdout.splitlines()
    assert line.startswith("WRONG  settings   Got DIAMONDS_HOST='nowhere.example'; expected an IP address")
    assert done.returncode == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_another_user_is_refused_by_doctor_and_by_run(tmp_path: Path) -> None:
    shutil.chown(tmp_path, user="daemon")

    assert "belongs to the user daemon" in wrong(tmp_path)["home"]
    assert "belongs to the user daemon" in refused_run({"DIAMONDS_HOME": str(tmp_path)})[0]
    assert [path.name for path in tmp_path.iterdir()] == []
