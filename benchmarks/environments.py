"""Makes environments for the packages of peers, which have no place among ours: each once, by uv."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from diamonds.settings import PROJECT
from scripts.pip_settings import pip_settings, uv_variables

SECONDS_TO_INSTALL = 600
_FOLDER = PROJECT / ".artifacts" / "environments"


def python_with(name: str, *packages: str) -> Path:
    """The interpreter of the environment of this name, which has these packages, or those of ``-r FILE``.

    Raises ``CalledProcessError`` where uv cannot install them, and ``TimeoutExpired`` after 10 minutes.
    """
    folder = _FOLDER / name
    python, installed, stamp = folder / "bin" / "python", folder / "installed.txt", _stamp(packages)
    if not (installed.exists() and installed.read_text() == stamp):
        _uv("venv", "-q", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "install", "-q", "--python", str(python), *packages)
        installed.write_text(stamp)
    return python


def version_in(python: Path, package: str) -> str:
    """The version of a package that an interpreter has."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run(
        [python, "-c", program], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def size_mb(python: Path) -> float:
    """The size of all files of an interpreter's environment, in MB."""
    files = (file for file in python.parents[1].rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.stat().st_size for file in files) / 1e6


def _stamp(packages: Sequence[str]) -> str:
    files = (Path(each) for each in packages if each.endswith(".lock"))
    return "\n".join([*packages, *(file.read_text() for file in files)])


def _uv(*arguments: str) -> None:
    command = [sys.executable, "-m", "uv", *arguments]
    subprocess.run(
        command, env={**os.environ, **uv_variables(pip_settings())}, timeout=SECONDS_TO_INSTALL, check=True
    )
