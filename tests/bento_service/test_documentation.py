"""The examples of docs/api.md run as they are written."""

import re
import subprocess
import sys

import pytest

from diamonds.settings import PROJECT
from tests.bento_service.serving import Running

PAGE = (PROJECT / "docs" / "api.md").read_text()
RUN = {"bash": ["bash", "-ec"], "python": [sys.executable, "-c"]}
EXAMPLES = re.findall(r"```(bash|python)\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize(("language", "example"), EXAMPLES)
def test_an_example_runs(service: Running, language: str, example: str) -> None:
    here = example.replace("http://127.0.0.1:3000", service.url)
    done = subprocess.run([*RUN[language], here], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert '"error"' not in done.stdout
