"""A built Bento holds the champion and serves from its own folder, without our source tree or model store."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
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
READ_ONLY = """
set -e
root=$1 volume=$2; shift 2
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount --bind "$volume" "$root$volume"
user="--reuid 1034 --regid 1034 --clear-groups"
read="--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"  # Python may be in root's home
exec chroot "$root" setpriv $user $read "$@"
"""
"""Runs a command as the user of the image, who may write to the volume and nowhere else."""


@pytest.fixture(scope="module")
def bento(xgboost: Version) -> Iterator[Path]:
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


def environment_of_image(bento: Path, volume: Path, modules: Path) -> dict[str, str]:
    """What the Bento's Dockerfile sets, at these places, with packages of the lock for serving alone."""
    dockerfile = (bento / "env" / "docker" / "Dockerfile").read_text().replace("\\\n", "")
    (line,) = re.findall(r"^ENV (.+)$", dockerfile, flags=re.MULTILINE)
    variables = dict(each.split("=", 1) for each in line.split())
    places = {"/app/bento": str(bento), "/data": str(volume)}
    for place, here in places.items():
        variables = {name: value.replace(place, here) for name, value in variables.items()}
    (modules / "sitecustomize.py").write_text(BLOCKING.format(names=sorted(not_locked())))
    variables["PYTHONPATH"] += f":{modules}"
    return variables | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def not_locked() -> set[str]:
    """The modules of packages that are installed here, but are not in the lock for serving."""
    locked = set(re.findall(r"^([a-z0-9._-]+)==", LOCK.read_text(), flags=re.MULTILINE))
    return {
        module
        for module, packages in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", each).lower() for each in packages} & (locked | {"diamonds"})
    }


def isolated(root: Path, volume: Path, *command: str) -> list[str]:
    return [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        READ_ONLY,
        "sh",
        str(root),
        str(volume),
        *command,
    ]


def can_isolate(root: Path, volume: Path) -> bool:
    command = isolated(root, volume, sys.executable, "-c", "")
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_a_bento_serves_as_its_image_does(bento: Path, xgboost: Version) -> None:
    """Not as root, on a read-only root with one volume, without Postgres, and with a clean end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder:
        root, volume, modules = (Path(folder) / name for name in ("root", "volume", "modules"))
        for each in (Path(folder), root, volume, modules):
            each.mkdir(exist_ok=True)
            each.chmod(0o777)
        if not can_isolate(root, volume):
            pytest.skip("a root of its own is not to be had here")
        environment = environment_of_image(bento, volume, modules) | {
            "BENTOML_PORT": str(port),
            "DIAMONDS_API_KEYS": KEY,
            "DIAMONDS_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/away",
        }
        entrypoint = str(bento / "src" / "deploy" / "entrypoint.sh")
        written = isolated(root, volume, "touch", str(bento / "x"))
        assert b"Read-only" in subprocess.run(written, capture_output=True, check=False).stderr
        with (Path(folder) / "log").open("wb") as log:
            image = subprocess.Popen(
                isolated(root, volume, entrypoint), env=environment, stdout=log, stderr=log
            )
        try:
            with httpx.Client(base_url=url, headers=bearer(KEY), timeout=60) as client:
                wait_until(lambda: is_ready(client), details=(Path(folder) / "log").read_text)
                quote = client.post("/predict", json=STONE)
                metrics = client.get("/metrics").text
            assert httpx.post(f"{url}/predict", json=STONE).status_code == 401
            stone = ["--carat", "0.7", "--cut", "Ideal", "--color", "G", "--clarity", "VS2"]
            program = isolated(root, volume, entrypoint, sys.executable, "-m", "diamonds", "predict", *stone)
            shown = subprocess.run(
                program, env=environment, capture_output=True, text=True, check=True
            ).stdout
        finally:
            image.send_signal(signal.SIGTERM)
            assert image.wait(60) == 0
        journal = b"".join(
            file.read_bytes() for file in (volume / "diamonds" / "journal").rglob("*") if file.is_file()
        )
    assert quote.json()["version"] == xgboost.tag
    assert xgboost.tag in shown
    assert 'le="0.0002"' in metrics
    assert quote.headers["X-Exchange-Id"].encode() in journal


def is_ready(client: httpx.Client) -> bool:
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
