"""Checks Python, the installed packages, the settings, the memory and the user."""

import os
import platform
import pwd
import subprocess
import sys
from collections.abc import Iterator

import psutil

from diamonds.doctor.finding import Finding, right, wrong
from diamonds.resources import memory_bytes
from diamonds.settings import PROJECT, InvalidSettings, settings, unknown_variables
from diamonds.stack import prefect

OLDEST, NEWEST = (3, 11), (3, 14)
LEAST_MEMORY_BYTES = 10**9
"""What a start takes; a training takes another gigabyte."""

_LOCK = "requirements.lock"


def check_python() -> Iterator[Finding]:
    """Whether there are wheels for Python."""
    text = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        advice = "install Python 3.11 to 3.14, then: make install PYTHON=..."
        yield wrong("python", f"{text} is too old or too new; {advice}")
    else:
        yield right("python", text)


def check_environment() -> Iterator[Finding]:
    """Whether the locked packages are installed; says nothing where the installer was not used."""
    installed = list((PROJECT / ".venv").glob("*.lock.installed"))
    if not installed or not (PROJECT / "scripts" / "install.py").exists():
        return
    command = [sys.executable, "-m", "scripts.install", _LOCK, "--check"]
    check = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    if check.returncode:
        yield wrong("packages", f"The environment {sys.prefix} is not what {_LOCK} says; run: make install")
    else:
        yield right("packages", f"The environment {sys.prefix} is complete")


def check_settings() -> Iterator[Finding]:
    """Whether all settings are valid, and Prefect's that are read here."""
    try:
        settings()
        prefect.variables()
    except InvalidSettings as error:
        yield wrong("settings", str(error))
    else:
        yield right("settings", "All settings are valid")


def check_variables() -> Iterator[Finding]:
    """Whether there are variables that are named as settings, and mean nothing."""
    for sentence in unknown_variables():
        yield wrong("settings", sentence)


def check_memory() -> Iterator[Finding]:
    """Whether there is memory for a start."""
    available = min(psutil.virtual_memory().available, memory_bytes())
    text = f"{available / 1e9:.1f} GB of memory are available"
    if available < LEAST_MEMORY_BYTES:
        yield wrong("memory", f"{text}; a start takes 1 GB, and a training another: end other programs")
    else:
        yield right("memory", text)


def check_user() -> Iterator[Finding]:
    """Whether the user has the name without which no embedded Postgres can be made."""
    try:
        yield right("user", pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        text = f"The user id {os.geteuid()} has no name"
        if settings().database_url is not None or (settings().home / "postgres" / "PG_VERSION").exists():
            yield right("user", text)
        else:
            advice = "add one to /etc/passwd, or set DIAMONDS_DATABASE_URL"
            yield wrong("user", f"{text}, which making the embedded Postgres needs; {advice}")
