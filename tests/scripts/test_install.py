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
from scripts.install import uv_variables

INSTALLER = PROJECT / "scripts" / "install.py"


def test_uv_uses_the_registry_that_pip_is_configured_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_"))]:
        monkeypatch.delenv(name)
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

    variables = uv_variables()

    assert variables["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert variables["UV_INDEX"].split()[-2:] == [
        "https://two.example/simple",
        "https://three.example/simple",
    ]
    assert variables["SSL_CERT_FILE"] == "/ca.pem"
    assert variables["ALL_PROXY"] == "http://proxy.example:3128"
    assert "UV_HTTP_TIMEOUT" not in variables


@dataclass(frozen=True)
class Environment:
    """A virtual environment with a lock of three small packages."""

    folder: Path
    lock: Path

    def install(self, *options: str) -> int:
        python = self.folder / "bin" / "python"
        return subprocess.run([python, INSTALLER, self.lock, *options], check=False).returncode

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
def test_a_removed_package_is_noticed_and_brought_back(installed: Environment) -> None:
    for path in installed.packages("iniconfig*"):
        shutil.rmtree(path)

    assert installed.install("--check") == 1
    assert installed.install() == 0
    assert installed.install("--check") == 0
    assert installed.packages("iniconfig")


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

    assert Environment(tmp_path / ".venv", installed.lock).install("--check") == 1
    assert sys.version in (installed.folder / "small.lock.installed").read_text()
