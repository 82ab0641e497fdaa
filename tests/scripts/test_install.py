"""The installer that make runs: what it notices, what it takes from pip's settings."""

import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from diamonds.settings import PROJECT
from scripts.constraints import contradictions
from scripts.install import is_environment
from scripts.pip_settings import forbids_indexes, pip_settings, uv_variables

OF_REGISTRIES = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_")


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither pip nor uv is configured."""
    for name in [name for name in os.environ if name.startswith(OF_REGISTRIES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.mark.usefixtures("unconfigured")
def test_uv_uses_the_registry_that_pip_is_configured_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\nindex-url = https://one.example/simple\ncert = /ca.pem\n"
        "extra-index-url =\n  https://two.example/simple\n  https://three.example/simple\n"
        "[install]\nindex-url = https://mirror.example/simple\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "7")
    monkeypatch.setenv("PIP_TIMEOUT", "60")

    variables = uv_variables(pip_settings())

    assert variables["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert variables["UV_INDEX"].split()[-2:] == [
        "https://two.example/simple",
        "https://three.example/simple",
    ]
    assert variables["SSL_CERT_FILE"] == "/ca.pem"
    assert variables["ALL_PROXY"] == "http://proxy.example:3128"
    assert "UV_HTTP_TIMEOUT" not in variables


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"PIP_PROXY": "p:1", "HTTPS_PROXY": "other:2"}, {"HTTPS_PROXY": "p:1", "https_proxy": "p:1"}),
        ({"PIP_TIMEOUT": "15.5", "PIP_RETRIES": "2"}, {"UV_HTTP_TIMEOUT": "16", "UV_HTTP_RETRIES": "2"}),
        ({"PIP_CERT": "~/ca.pem"}, {"SSL_CERT_FILE": f"{Path.home()}/ca.pem"}),
        ({"REQUESTS_CA_BUNDLE": "/ca.pem"}, {"SSL_CERT_FILE": "/ca.pem"}),
        ({"PIP_CONSTRAINT": "/a.txt"}, {"UV_CONSTRAINT": None}),
        ({"PIP_FIND_LINKS": "/a /b"}, {"UV_FIND_LINKS": "/a,/b"}),
        ({"PIP_INDEX_URL": "https://o'hara@x.example"}, {"UV_DEFAULT_INDEX": "https://o'hara@x.example"}),
        ({"PIP_INDEX_URL": ""}, {"UV_DEFAULT_INDEX": None}),
        ({"PIP_INDEX_URL": "https://a.example", "UV_INDEX_URL": "https://b"}, {"UV_DEFAULT_INDEX": None}),
        ({"XDG_CACHE_HOME": "/dev/null/none"}, {"UV_NO_CACHE": "true"}),
    ],
)
def test_a_setting_of_pip_has_its_meaning_for_uv(
    given: dict[str, str], expected: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    variables = uv_variables(pip_settings())

    assert {name: variables.get(name) for name in expected} == expected


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize(("value", "forbidden"), [("1", True), ("TRUE", True), ("0", False), ("no", False)])
def test_an_index_may_be_forbidden(value: str, forbidden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", value)

    assert forbids_indexes(pip_settings()) == forbidden


@pytest.mark.parametrize(
    ("constraint", "forbidden"),
    [
        ("numpy<2", "small.lock has numpy==2.4.6, and the constraint numpy<2 of "),
        ("NumPy @ https://x.example/numpy.whl", "small.lock has numpy==2.4.6, and the constraint NumPy"),
        ("-c more.txt", "small.lock has uv==0.13.9, and the constraint uv!=0.13.9 of "),
        ("-c none.txt", "Could not open constraint file: "),
        ("numpy>=2\nnumpy<1; python_version < '3'\nflask<1\n-e .\n# numpy<1", ""),
    ],
)
def test_a_constraint_of_pip_that_forbids_what_is_locked_is_named(
    tmp_path: Path, constraint: str, forbidden: str
) -> None:
    (tmp_path / "small.lock").write_text(
        "numpy==2.4.6 ; python_version > '3' \\\n  --hash=sha256:0\nuv==0.13.9\n"
    )
    (tmp_path / "more.txt").write_text("uv!=0.13.9\n")
    (tmp_path / "constraints.txt").write_text(constraint)

    found = contradictions(tmp_path / "small.lock", str(tmp_path / "constraints.txt"))

    assert forbidden in "".join(found)
    assert len(found) == bool(forbidden)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with a lock of three small packages."""

    folder: Path
    lock: Path

    def install(self, *options: str, **variables: str) -> int:
        command = [str(self.folder / "bin" / "python"), "-m", "scripts.install", str(self.lock), *options]
        return subprocess.run(command, cwd=PROJECT, env={**os.environ, **variables}, check=False).returncode

    def packages(self, name: str) -> list[Path]:
        return list(self.folder.glob(f"lib/*/site-packages/{name}"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("environment")
    locked = (PROJECT / "requirements-dev.lock").read_text()
    entries = [
        re.findall(rf"^{name}==.*(?:\n .*)*", locked, flags=re.MULTILINE)[0]
        for name in ("uv", "setuptools", "iniconfig")
    ]
    (folder / "small.lock").write_text("\n".join(entries) + "\n")
    venv.create(folder / ".venv", with_pip=True)
    environment = Environment(folder / ".venv", folder / "small.lock")
    assert environment.install() == 0
    return environment


@pytest.mark.slow
def test_what_is_installed_is_not_installed_again(installed: Environment) -> None:
    assert installed.install("--check") == 0
    assert installed.packages("iniconfig")


@pytest.mark.slow
def test_a_removed_package_is_noticed_and_brought_back_wherever_pip_and_uv_would_install(
    installed: Environment, tmp_path: Path
) -> None:
    for path in installed.packages("iniconfig*"):
        shutil.rmtree(path)
    elsewhere = {"PIP_TARGET": str(tmp_path / "target"), "PIP_USER": "1", "UV_SYSTEM_PYTHON": "1"}
    elsewhere |= {"PIP_PYTHON": "/dev/null", "PIP_DRY_RUN": "1", "PIP_REQUIRE_HASHES": "1"}

    assert installed.install("--check") == 1
    assert installed.install(**elsewhere, PIP_PREFIX=str(tmp_path / "prefix")) == 0
    assert installed.install("--check") == 0
    assert installed.packages("iniconfig")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_nothing_is_installed_against_a_constraint_of_pip(installed: Environment, tmp_path: Path) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("iniconfig<1")

    assert installed.install(PIP_CONSTRAINT=str(constraints)) == 1
    constraints.write_text("iniconfig>=1")
    assert installed.install(PIP_CONSTRAINT=str(constraints)) == 0


@pytest.mark.slow
def test_files_that_are_missing_of_a_package_are_noticed_and_brought_back(installed: Environment) -> None:
    shutil.rmtree(installed.packages("iniconfig")[0])
    (installed.folder / "bin" / "uv").unlink()

    assert installed.install("--check") == 1
    assert installed.install() == 0
    assert installed.install("--check") == 0
    assert installed.packages("iniconfig")
    assert (installed.folder / "bin" / "uv").exists()


@pytest.mark.slow
def test_a_killed_installation_is_made_whole(installed: Environment) -> None:
    (installed.folder / "unfinished").touch()
    (package,) = installed.packages("iniconfig")
    (package / "__init__.py").unlink()

    assert installed.install("--check") == 1
    assert installed.install() == 0
    assert (package / "__init__.py").exists()


@pytest.mark.slow
def test_an_environment_that_was_moved_is_noticed(installed: Environment, tmp_path: Path) -> None:
    shutil.copytree(installed.folder, tmp_path / ".venv", symlinks=True)

    assert [is_environment(folder) for folder in (installed.folder, tmp_path / ".venv")] == [True, False]
    assert Environment(tmp_path / ".venv", installed.lock).install("--check") == 1
    assert sys.version in (installed.folder / "small.lock.installed").read_text()


@pytest.mark.parametrize("name", ["line\nbreak", "not UTF-8 \udcfc"])
def test_nothing_is_installed_where_the_name_of_the_folder_cannot_be_used(tmp_path: Path, name: str) -> None:
    project = tmp_path / name
    shutil.copytree(PROJECT / "scripts", project / "scripts")
    command = [sys.executable, "-m", "scripts.install", "requirements.lock", "--into", ".venv"]

    refused = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert repr(str(project)) in refused.stderr
    assert "expected a name in UTF-8 on one line" in refused.stderr
    assert not (project / ".venv").exists()
