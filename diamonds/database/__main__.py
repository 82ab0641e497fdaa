"""Stops the embedded Postgres that killed processes have left: ``python -m diamonds.database FOLDER``."""

import sys
from pathlib import Path

from diamonds.database.embedded import stop_if_unused

stop_if_unused(Path(sys.argv[1]))
