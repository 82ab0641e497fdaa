"""What not every system has: its absence is faked in a process of its own, and the rest goes on without."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LOGGING = "import logging; logging.basicConfig(level=logging.INFO, format='%(message)s')"
LOWER = "from diamonds.exchanges.shipping.priority import lower_priority; lower_priority(os.getpid())"
LIMIT = "from diamonds.model_files.sandbox import limit_resources; print(limit_resources())"
FLUSHES = """
import os
fsync, flushed = os.fsync, []
os.fsync = lambda file: flushed.append(fsync(file))
"""
JOURNAL = """
import tempfile
from pathlib import Path
from diamonds.exchanges.journal.writer import Journal
with tempfile.TemporaryDirectory() as place:
    journal = Journal(Path(place), max_bytes=1000, sync=True)
    journal.append(b"frame")
    journal.sync()
    journal.close()
print("flushed", len(flushed) >= 1)
"""
CORES = """
from diamonds.models.threads import CORES, on_all_cores
print(CORES == os.cpu_count(), on_all_cores([int] * 3))
"""
SERVERS = """
from pathlib import Path
from diamonds.database.postmaster import orphans, running_postmaster
print(running_postmaster(Path({folder!r})), orphans(Path({folder!r})))
"""
PORT = """
import socket
from diamonds.settings import settings
from diamonds.stack.ports import check_ports
with socket.socket() as other:
    other.bind(("127.0.0.1", 0))
    other.listen()
    os.environ["DIAMONDS_DASHBOARD_PORT"] = str(other.getsockname()[1])
    try:
        check_ports(["service", "prefect"])
    except Exception as error:
        print(error)
"""
KEEPER = """
import threading, time
from pathlib import Path
from diamonds.stack.keeper import Keeper
from diamonds.stack.part import Part
command = ("/bin/sh", "-c", "sleep 600 & echo $!; wait")
keeper = Keeper(Part("part", command, os.environ), Path("home"), threading.Event())
keeper.start()
while keeper._process is None or not (left := psutil.Process(keeper._process.pid).children()):
    time.sleep(0.05)
keeper._stopping.set()
keeper.stop()
print("left", [each.pid for each in left if each.is_running() and each.status() != psutil.STATUS_ZOMBIE])
"""


def run_without(missing: str, code: str) -> subprocess.CompletedProcess[str]:
    """The process that ran the code in a Python that lacks something."""
    program = "\n".join([LOGGING, missing, "import os", code])
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )


def refusing(*names: str, error: str) -> str:
    """Code after which calls of these functions raise the error."""
    modules = ", ".join({name.partition(".")[0] for name in names})
    refuse = f"def refuse(*_):\n    raise {error}"
    return f"import {modules}\n{refuse}\n{' = '.join(names)} = refuse"


@pytest.mark.parametrize(
    ("missing", "code", "expected"),
    [
        ("import os; del os.setpriority", LOWER, "This system has no priorities"),
        (
            refusing("os.setpriority", error="PermissionError(13, 'Permission denied')"),
            LOWER,
            "cannot be lowered: [Errno 13] Permission denied",
        ),
        (
            "import pathlib; pathlib.Path.exists = lambda self: False  # /proc, too",
            f"{LOWER}; print('niceness', os.nice(0) >= 10)",
            "niceness True",
        ),
        ("import os; del os.sched_getaffinity", CORES, "True [0, 0, 0]"),
        (
            "import sys; sys.modules['fcntl'] = None",
            "import diamonds.cli.app",
            "diamonds: This system has no locks of files (fcntl); use Linux or macOS, on Windows WSL.",
        ),
        (f"{FLUSHES}\ndel os.fdatasync", JOURNAL, "flushed True"),
        # A file system that does not know what macOS has for it; Linux knows no such command.
        (f"{FLUSHES}\nimport fcntl; fcntl.F_FULLFSYNC = 51", JOURNAL, "flushed True"),
        ("import resource; del resource.RLIMIT_AS", LIMIT, "['memory']"),
        (
            refusing("resource.setrlimit", error="ValueError('current limit exceeds maximum limit')"),
            LIMIT,
            "['memory', 'processor time', 'sizes of files', 'open files', 'core dumps']",
        ),
        (
            "import ctypes; ctypes.CDLL = lambda _: object()",
            "from diamonds.model_files.sandbox import leave_network; print('left', leave_network())",
            "left False",
        ),
        (
            refusing("psutil.net_connections", error="psutil.AccessDenied()"),
            PORT,
            "is taken. Set DIAMONDS_DASHBOARD_PORT to a free port.",
        ),
        ("import psutil; psutil.Process.environ = lambda self: {}", KEEPER, "left []"),
    ],
    ids=[
        *("no priorities", "no right to lower them", "no autogroups", "no affinity", "no locks"),
        *("no fdatasync", "no full flush", "no limit of memory", "no limits", "no namespaces"),
        *("no list of connections", "no environments"),
    ],
)
def test_what_a_system_lacks_is_done_without(missing: str, code: str, expected: str) -> None:
    done = run_without(missing, code)

    assert expected in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_process_of_which_nothing_is_shown_is_no_server_of_ours(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    (tmp_path / "postgres").symlink_to(sleep)
    with subprocess.Popen([tmp_path / "postgres", "600"]) as other:
        (tmp_path / "postmaster.pid").write_text(f"{other.pid}\n")
        missing = refusing("psutil.Process.cwd", "psutil.Process.cmdline", error="psutil.AccessDenied()")
        done = run_without(missing, SERVERS.format(folder=str(tmp_path)))
        other.kill()

    assert done.stdout == "None []\n"


def test_doctor_says_where_no_processes_are_shown() -> None:
    missing = "import pathlib; pathlib.Path.exists = lambda self: False  # /proc, too"
    done = run_without(missing, "from diamonds.doctor import examine; print(*examine())")

    assert "/proc is not mounted" in done.stdout
    assert "Traceback" not in done.stderr


def test_doctor_says_what_a_system_lacks() -> None:
    missing = "import os, psutil; psutil.Process.environ = lambda self: {}; del os.sched_getaffinity"
    done = run_without(missing, "from diamonds.doctor.system import check_system; print(*check_system())")

    assert "Which cores a process may use is not shown" in done.stdout
    assert "Environments of processes are not shown" in done.stdout
    assert "ok=False" not in done.stdout
