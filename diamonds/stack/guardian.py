"""Ends the processes of ``diamonds run`` when its supervisor is killed: ``guardian HOME COMMAND...``.

A process of its own, which reads a pipe that ends with the supervisor, however that ends; unlike the
parent-death signal of Linux this works everywhere, and reaches the processes that the parts have started.
"""

import subprocess
import sys
from pathlib import Path

from diamonds.stack.processes import end, mark_of, marked

_SECONDS = 2
"""How long the processes may take to end by themselves."""


def main(home: Path, afterwards: list[str]) -> None:
    """Waits for the end of the supervisor, ends all parts, then runs a last command."""
    sys.stdin.buffer.read()
    end(marked(mark_of(home)), _SECONDS)
    subprocess.run(afterwards, check=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
