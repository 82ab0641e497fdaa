"""The examples of docs/api.md run as they are written."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diamonds.settings import PROJECT, settings
from tests.bento_service.serving import Running, worker_serving

PAGE = (PROJECT / "docs" / "api.md").read_text()
RUN = {"bash": ["bash", "-ec"], "python": [sys.executable, "-c"]}
EXAMPLES = re.findall(r"```(bash|python)\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose model store is empty."""
    home = tmp_path_factory.mktemp("other")
    (home / "models").mkdir()
    with worker_serving(home / "log", environment={"BENTOML_HOME": str(home)}) as running:
        yield running


@pytest.mark.parametrize(("language", "example"), EXAMPLES)
def test_an_example_runs(
    service: Running, other: Running, language: str, example: str, tmp_path: Path
) -> None:
    (tmp_path / ".diamonds").symlink_to(settings().home)
    (tmp_path / "stock.csv").write_text("carat,cut,color,clarity\n0.7,Ideal,G,VS2\n")
    here = example.replace("http://127.0.0.1:3000", service.url).replace("http://other:3000", other.url)
    done = subprocess.run([*RUN[language], here], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout or (tmp_path / "priced.csv").read_text().count("\n") == 2
    assert '"error"' not in done.stdout
