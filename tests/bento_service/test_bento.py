"""A built Bento holds the champion and serves from its own folder, without our source tree or model store."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from diamonds.database import database_url, running
from diamonds.diamond import Diamond
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT
from diamonds.versions import store
from diamonds.versions.version import Version
from scripts.image import instructions
from tests.bento_service.conftest import STONE
from tests.bento_service.serving import bearer, serving
from tests.processes import free_port, wait_until

LOCK = PROJECT / "requirements-serve.lock"
KEY = "a-key-of-the-settings"
BLOCKING = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""
BASES = os.environ.get("IMAGE_BASES")
"""A folder with roots of Debian, of which the image is built; without, this machine's own stands for them."""


@pytest.fixture(scope="module")
def bento(own_model_store: Path, xgboost: Version) -> Iterator[Path]:
    """The folder of a Bento with xgboost as champion, as `make bento` leaves it, at another place."""
    store.promote(xgboost.tag, "to be built")
    built = subprocess.run(
        [sys.executable, "scripts/bento.py"], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout
    assert f"champion     {xgboost.tag}" in built
    (folder,) = re.findall(r"^diamonds:\w+ in (.+)$", built, flags=re.MULTILINE)
    with TemporaryDirectory() as elsewhere:
        Path(elsewhere).chmod(0o755)
        yield Path(shutil.copytree(folder, Path(elsewhere) / "bento"))


@pytest.mark.slow
def test_a_bento_serves_its_champion_from_its_own_folder(
    bento: Path, xgboost: Version, tmp_path: Path
) -> None:
    assert not (bento / "src" / "tests").exists()
    (tmp_path / "elsewhere").mkdir()
    with running():
        away = {"BENTOML_HOME": str(tmp_path / "elsewhere"), "DIAMONDS_DATABASE_URL": database_url()}
        served = serving(tmp_path / "log", folder=bento, environment=away, until="/readyz")
        with served as service, service.client() as client:
            quote = client.post("/predict", json=STONE).json()
            named = client.post("/predict", json={**STONE, "model": "xgboost"}).json()
    assert quote["version"] == named["version"] == xgboost.tag
    assert [quote["price"]] == load_pricer(xgboost).prices_usd([Diamond.model_validate(STONE)])


def not_locked() -> set[str]:
    """The modules of packages that are installed here, but are not in the lock for serving."""
    locked = set(re.findall(r"^([a-z0-9._-]+)==", LOCK.read_text(), flags=re.MULTILINE))
    return {
        module
        for module, packages in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", each).lower() for each in packages} & (locked | {"diamonds"})
    }


def can_mount(folder: Path) -> bool:
    command = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tried", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def image_of(bento: Path, folder: Path, *settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The process of a Bento's image, with ``folder / "volume"``; stopped as a container is."""
    volume, layers = folder / "volume", folder / "layers"
    for each in (volume, volume / "modules", layers):
        each.mkdir()
        each.chmod(0o755)
    command = [sys.executable, "-m", "scripts.image", *map(str, (bento, volume, layers))]
    if BASES:
        command += ["--bases", BASES]
    else:  # the packages of development, without those that are not in the lock for serving
        (volume / "modules" / "sitecustomize.py").write_text(BLOCKING.format(names=sorted(not_locked())))
        command += ["--environment", sys.prefix, "--set", "PYTHONPATH=/app/bento/src:/data/modules"]
    command += [part for setting in settings for part in ("--set", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, (folder / "log").read_text()


def inside(pid: int, *command: str) -> "subprocess.CompletedProcess[str]":
    """Runs a command in the container of a process, as its user, as `docker exec` does."""
    variables = Path(f"/proc/{pid}/environ").read_text().rstrip("\0").split("\0")
    enter = ["nsenter", "--target", str(pid), "--mount", "--root", "--wd"]
    user = ["setpriv", "--reuid=1034", "--regid=1034", "--clear-groups"]
    whole = [*enter, *user, "env", "-i", *variables, *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_bento_serves_as_its_image_does(bento: Path, xgboost: Version) -> None:
    """Not as root, on a read-only root with one volume, without Postgres, and with a clean end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    away = f"DIAMONDS_DATABASE_URL=postgresql://nobody@127.0.0.1:{free_port()}/away"
    with TemporaryDirectory() as name:
        folder = Path(name)
        if not can_mount(folder):
            pytest.skip("a root of its own is not to be had here")
        with (
            image_of(bento, folder, f"BENTOML_PORT={port}", f"DIAMONDS_API_KEYS={KEY}", away) as image,
            httpx.Client(base_url=url, headers=bearer(KEY), timeout=60) as client,
        ):
            wait_until(lambda: is_ready(client, image), within_s=600, details=(folder / "log").read_text)
            quote = client.post("/predict", json=STONE)
            metrics = client.get("/metrics").text
            assert httpx.post(f"{url}/predict", json=STONE).status_code == 401
            stone = [f"--{name}={value}" for name, value in STONE.items()]
            printed = inside(image.pid, "diamonds", "predict", *stone)
            assert xgboost.tag in printed.stdout, printed.stderr
            assert inside(image.pid, *health_check(bento)).returncode == 0
            assert "Read-only" in inside(image.pid, "touch", "/app/bento/x").stderr
        written = (folder / "volume" / "diamonds" / "journal").rglob("*")
        journal = b"".join(file.read_bytes() for file in written if file.is_file())
    assert quote.json()["version"] == xgboost.tag
    assert 'le="0.0002"' in metrics
    assert quote.headers["X-Exchange-Id"].encode() in journal


def health_check(bento: Path) -> list[str]:
    """The command by which an engine would find out whether the container is well."""
    dockerfile = (bento / "env" / "docker" / "Dockerfile").read_text()
    (options,) = [rest for word, rest in instructions(dockerfile) if word == "HEALTHCHECK"]
    command: list[str] = json.loads(options.partition("CMD ")[2])
    return command


def is_ready(client: httpx.Client, image: "subprocess.Popen[bytes]") -> bool:
    assert image.poll() is None, "it ended"
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_the_lock_for_serving_has_what_serving_needs_and_no_more() -> None:
    serving_alone = set(re.findall(r"^([a-z0-9._-]+)==([^ ]+)", LOCK.read_text(), flags=re.MULTILINE))
    everything = (PROJECT / "requirements.lock").read_text()
    assert serving_alone <= set(re.findall(r"^([a-z0-9._-]+)==([^ ]+)", everything, flags=re.MULTILINE))
    names = {name for name, _ in serving_alone}
    assert not names & {
        "prefect",
        "optuna",
        "matplotlib",
        "plotly",
        "streamlit",
        "playwright",
        "mypy",
        "pytest",
    }
