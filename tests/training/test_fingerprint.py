"""A training is repeated only where something that its version depends on has changed."""

import subprocess
import sys
from pathlib import Path

import diamonds
from diamonds.training.fingerprint import training_modules

PACKAGE = Path(diamonds.__file__).parent
PRINT_IMPORTED = """
import sys
import diamonds.training.train

print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("diamonds")))
"""


def test_every_module_that_a_training_imports_counts() -> None:
    command = [sys.executable, "-c", PRINT_IMPORTED]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    imported = {Path(file) for file in done.stdout.split()}

    assert PACKAGE / "models" / "linear.py" in imported
    assert imported <= set(training_modules(PACKAGE))


def test_a_change_of_the_command_line_repeats_no_training() -> None:
    assert not any(path.is_relative_to(PACKAGE / "cli") for path in training_modules(PACKAGE))
