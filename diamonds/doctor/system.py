"""Checks what not every system has: where it is missing, the rest goes on without it."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator

from diamonds.doctor.finding import Finding, right, wrong
from diamonds.process_list import NOT_SHOWN, are_processes_shown
from diamonds.settings import settings
from diamonds.stack.processes import MARK, marked
from diamonds.stack.user_folders import existing

_SANDBOX = """
import json
from diamonds.model_files.sandbox import leave_network, limit_resources
print(json.dumps([*limit_resources(), *([] if leave_network() else ["the network"])]))
"""


def check_processes() -> Iterator[Finding]:
    """Whether processes are shown, which nearly all else depends on."""
    if not are_processes_shown():
        yield wrong("processes", NOT_SHOWN)


def check_locks() -> Iterator[Finding]:
    """Whether the disk of the home has locks, as some of a network have not."""
    folder = existing(settings().home)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # somebody has it locked
    except OSError as error:
        yield wrong("locks", f"{folder} takes no locks ({error.strerror}); set DIAMONDS_HOME to a local disk")
        return
    finally:
        os.close(opened)
    yield right("locks", f"The disk of {folder} has locks")


def check_system() -> Iterator[Finding]:
    """What this system lacks, and what follows from that; nothing of it keeps ``diamonds`` from running."""
    lacking = [*_missing_functions(), *_unlimited(), *_hidden_processes()]
    if not lacking:
        yield right("system", "This system has all that is made use of")
    for sentence in lacking:
        yield right("system", sentence)


def _missing_functions() -> Iterator[str]:
    if not hasattr(os, "setpriority"):
        yield "There are no priorities: exchanges are shipped at the expense of quotes"
    if not hasattr(os, "sched_getaffinity"):
        yield "Which cores a process may use is not shown: all are used"


def _unlimited() -> Iterator[str]:
    """What uploaded version files may use up; a process of its own tries, as limits last."""
    tried = subprocess.run([sys.executable, "-c", _SANDBOX], stdout=subprocess.PIPE, text=True, check=False)
    names = json.loads(tried.stdout) if tried.returncode == 0 else ["anything"]
    if names:
        yield f"Uploaded version files are not limited in their use of: {', '.join(names)}"


def _hidden_processes() -> Iterator[str]:
    """Whether the environment of processes is shown, by which those of a part are found."""
    beginning = f"diamonds doctor {os.getpid()}"
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, env={**os.environ, MARK: beginning}) as waiting:
        shown = marked(beginning)
        waiting.kill()
    if not shown:
        yield "Environments of processes are not shown: end by hand what a killed run has left"
