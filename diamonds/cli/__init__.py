"""The commands of the ``diamonds`` program: they parse options, call the other rooms and print results.

Modules that are slow to import (models, the model store) are imported by the command that needs them, so that
``--help`` and the check of the ports are fast.
"""

import sys
from importlib.util import find_spec

if find_spec("fcntl") is None:
    sys.exit("diamonds: This system has no locks of files (fcntl); use Linux or macOS, on Windows WSL.")
