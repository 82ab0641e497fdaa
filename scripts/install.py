"""Installs locked dependencies and this project into the environment that runs it: by uv, or else by pip.

``install.py LOCK`` installs, ``install.py LOCK --check`` ends with 0 where that was done completely, in this
place, with this Python and this lock. Run by ``make``.
"""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ENVIRONMENT = Path(sys.prefix)
PACKAGES = Path(sysconfig.get_path("purelib"))
UNFINISHED = ENVIRONMENT / "unfinished"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

# What pip is configured to do is what people have set up for their registries; uv takes it from its own
# environment variables only. Constraints have nothing to add to a lock.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "no-index": "UV_NO_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def install(lock: Path) -> None:
    """Installs what the lock lists, and the project; raises ``CalledProcessError`` where pip can't either."""
    repairs = UNFINISHED.exists()  # the last installation was killed: its packages may lack files
    UNFINISHED.touch()
    if not _installed_by_uv(lock, ["--reinstall"] if repairs else []):
        options = ["--force-reinstall"] if repairs else []
        _run([*PIP, "install", "-q", "--require-hashes", "--no-deps", *options, "-r", str(lock)])
    _run([*PIP, "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(PROJECT)])
    pins = _pins(lock)
    for other in {lock, *PROJECT.glob("requirements*.lock")}:
        if _pins(other) <= pins:
            _stamp_file(other).write_text(stamp(other))
    UNFINISHED.unlink()


def is_installed(lock: Path) -> bool:
    """Whether all that the lock lists was installed here and nothing has changed since."""
    file = _stamp_file(lock)
    return not UNFINISHED.exists() and file.exists() and file.read_text() == stamp(lock)


def stamp(lock: Path) -> str:
    """What an installation depends on: the place, the Python, the files, and which packages are missing."""
    digest = hashlib.sha256(lock.read_bytes() + (PROJECT / "pyproject.toml").read_bytes()).hexdigest()
    present = {_normalised(path.stem) for path in PACKAGES.glob("*.dist-info")}
    missing = sorted({_normalised(pin.replace("==", "-")) for pin in _pins(lock)} - present)
    return "\n".join([sys.prefix, sys.version, digest, "missing:", *missing])


def uv_variables() -> dict[str, str]:
    """uv's environment variables for what pip is configured to do here; those that are set already stay.

    As pip does, uv then takes a package from whichever index has the locked file: its hash decides.
    """
    listed = subprocess.run([*PIP, "config", "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    configured: dict[str, str] = {}
    for origin in ("global", "install", ":env:"):  # the later ones win
        configured |= re.findall(rf"^{origin}\.([\w-]+)='(.*)'$", listed, flags=re.MULTILINE)
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, value in configured.items():
        if name in UV_VARIABLES:
            words = value.replace("\\n", " ").split()
            variables[UV_VARIABLES[name]] = ("," if name == "find-links" else " ").join(words)
    return {name: value for name, value in variables.items() if name not in os.environ}


def _installed_by_uv(lock: Path, options: list[str]) -> bool:
    try:
        _run([*PIP, "install", "-q", "--require-hashes", "-r", str(_lock_of_uv(lock))])
        command = ["uv", "pip", "install", "-q", "--no-deps", "--require-hashes", *options, "-r", str(lock)]
        _run([sys.executable, "-m", *command], {**uv_variables(), "VIRTUAL_ENV": sys.prefix})
    except subprocess.CalledProcessError:
        sys.stderr.write("uv could not install the dependencies; pip tries, which takes longer ...\n")
        return False
    return True


def _run(command: list[str], variables: dict[str, str] | None = None) -> None:
    subprocess.run(command, env={**os.environ, **(variables or {})}, check=True)


def _lock_of_uv(lock: Path) -> Path:
    (entry,) = re.findall(r"^uv==.*(?:\n .*)*", lock.read_text(), flags=re.MULTILINE)
    path = ENVIRONMENT / "uv.lock"
    path.write_text(entry + "\n")
    return path


def _pins(lock: Path) -> set[str]:
    """The packages that a lock lists for every system, such as ``numpy==2.4.6``."""
    return set(re.findall(r"^([\w.-]+==[^\s;]+) \\$", lock.read_text(), flags=re.MULTILINE))


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _stamp_file(lock: Path) -> Path:
    return ENVIRONMENT / f"{lock.name}.installed"


if __name__ == "__main__":
    chosen = PROJECT / sys.argv[1]
    if "--check" in sys.argv:
        sys.exit(not is_installed(chosen))
    try:
        install(chosen)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
