"""Installs locked dependencies and this project into an environment: by uv, or else by pip.

``python -m scripts.install LOCK`` installs into the environment of this Python, with ``--into FOLDER``
into that folder, where it is made anew if it is missing, broken, or of another place. With ``--check`` it
ends with 0 where that was done completely, in this place, with this Python and this lock. ``make`` runs it.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.pip_settings import PIP, forbids_indexes, pip_settings, uv_variables

PROJECT = Path(__file__).resolve().parents[1]
ENVIRONMENT = Path(sys.prefix)
PACKAGES = Path(sysconfig.get_path("purelib"))
UNFINISHED = ENVIRONMENT / "unfinished"
# Where people have configured pip to install is not where this is to go.
PIP_INSTALL = [*PIP, "install", "-q", "--no-user", "--target=", f"--prefix={sys.prefix}", "--root=/"]

_IGNORED = ("UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_NO_VERIFY_HASHES", "UV_VERIFY_HASHES", "PIP_PYTHON")
"""What would have uv or pip install elsewhere, or anything."""
_FIXED = {"PIP_DRY_RUN": "0", "PIP_REQUIRE_HASHES": "0"}
"""What would have pip install nothing, or not this project, which has no hash as the lock's packages have."""


def main(lock: Path, arguments: list[str]) -> int | str:
    """Does what the arguments ask for; returns an exit code, or a message where it failed."""
    _set_environment()
    if "--check" in arguments:
        return int(not is_installed(lock))
    if re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", str(PROJECT)):  # scripts of the environment would not start
        return f"Got the folder {str(PROJECT)!r}; expected a name in UTF-8 on one line: rename it."
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        return "CatBoost has no wheel for musl (Alpine Linux); use a system with glibc, or the image."
    try:
        if "--into" in arguments:
            return _install_into(Path(arguments[arguments.index("--into") + 1]), lock)
        if forbidden := _forbidden(lock):
            return "\n".join([*forbidden, "To install all the same: PIP_CONSTRAINT=/dev/null make install"])
        install(lock)
    except subprocess.CalledProcessError:
        return "The dependencies could not be installed, as said above; `make install` goes on from there."
    except KeyboardInterrupt:
        return 130
    return 0


def _set_environment() -> None:
    for name in _IGNORED:
        os.environ.pop(name, None)
    os.environ.update(_FIXED)


def _install_into(folder: Path, lock: Path) -> int:
    with _alone():
        if not is_environment(folder.resolve()):
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        installer = [str(folder.resolve() / "bin" / "python"), "-m", "scripts.install", str(lock)]
        return subprocess.run(installer, cwd=PROJECT, check=False).returncode


@contextmanager
def _alone() -> Iterator[None]:
    """Waits until no other process installs for this project."""
    project = os.open(PROJECT, os.O_RDONLY)
    try:
        fcntl.flock(project, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("Another process installs; this one waits for it ...\n")
        fcntl.flock(project, fcntl.LOCK_EX)
    except OSError:
        pass  # a disk without locks
    try:
        yield
    finally:
        os.close(project)


def is_environment(folder: Path) -> bool:
    """Whether there is an environment with pip that works and was made in this place."""
    program = folder / "bin" / "pip"
    if not program.exists() or str(folder / "bin") not in program.read_text(errors="replace"):
        return False
    try:
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--version"]
        return subprocess.run(pip, capture_output=True, check=False).returncode == 0
    except OSError:  # its Python is gone
        return False


def _forbidden(lock: Path) -> list[str]:
    """What pip's constraints have against the lock; uv would not look at them."""
    constraints = pip_settings().get("constraint")
    if not constraints:
        return []
    from scripts.constraints import contradictions  # with half of pip, which is in the new environment only

    return contradictions(lock, constraints)


def install(lock: Path) -> None:
    """Installs what the lock lists, and the project; raises ``CalledProcessError`` where pip can't either."""
    everything = UNFINISHED.exists()  # the last installation was killed: its packages may lack files
    UNFINISHED.touch()
    damaged = [f"--reinstall-package={name}" for name in sorted(damaged_packages())]
    if not _installed_by_uv(lock, ["--reinstall"] if everything else damaged):
        options = ["--force-reinstall"] if everything or damaged else []
        _run([*PIP_INSTALL, "--require-hashes", "--no-deps", *options, "-r", str(lock)])
    _run([*PIP_INSTALL, "--no-deps", "--no-build-isolation", "-e", str(PROJECT)])
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
    missing = {_normalised(pin.replace("==", "-")) for pin in _pins(lock)} - present
    return "\n".join([sys.prefix, sys.version, digest, "missing:", *sorted(missing | damaged_packages())])


def damaged_packages() -> set[str]:
    """The packages of which a folder, a module or a program is missing."""
    return {
        _normalised(folder.stem.rpartition("-")[0])
        for folder in PACKAGES.glob("*.dist-info")
        if not all(os.path.lexists(PACKAGES / path) for path in _recorded(folder))
    }


def _recorded(folder: Path) -> set[str]:
    """What a package has in the folder of packages, and its programs."""
    try:
        lines = (folder / "RECORD").read_text(errors="replace").splitlines()
    except FileNotFoundError:  # nothing tells
        return set()
    paths = {line.partition(",")[0].strip('"') for line in lines}
    return {path if path.startswith("..") else path.partition("/")[0] for path in paths if path}


def _installed_by_uv(lock: Path, options: list[str]) -> bool:
    try:
        _run([*PIP_INSTALL, "--require-hashes", "-r", str(_lock_of_uv(lock))])
        configured = pip_settings()
        command = ["uv", "pip", "install", "-q", "--no-deps", "--require-hashes", "--python", sys.executable]
        options = [*options, *(["--no-index"] if forbids_indexes(configured) else []), "-r", str(lock)]
        _run([sys.executable, "-m", *command, *options], uv_variables(configured))
    except (subprocess.CalledProcessError, ValueError):
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
    sys.exit(main(PROJECT / sys.argv[1], sys.argv[2:]))
