"""The README stays true: its commands exist and its examples are answered."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from diamonds.settings import PROJECT, settings
from tests.end_to_end.client import Client

README = (PROJECT / "README.md").read_text()
BLOCKS = re.findall(r"```(?:bash|console)\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [
    line.removeprefix("$ ") for block in BLOCKS for line in block.replace("\\\n", "").splitlines() if line
]


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("curl ")])
def test_each_curl_example_is_answered_with_json_and_no_error(
    client: Client, command: str, tmp_path: Path
) -> None:
    (tmp_path / ".diamonds").symlink_to(settings().home)
    here = command.replace("http://127.0.0.1:3000", str(client.http.base_url).rstrip("/"))
    answer = subprocess.run(["bash", "-c", here], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "error" not in json.loads(answer.stdout)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("make ")])
def test_each_make_target_exists(command: str) -> None:
    subprocess.run([*command.split(), "--dry-run"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith(("diamonds ", "bentoml "))])
def test_each_program_knows_the_command(command: str) -> None:
    program, name, *_ = command.split()
    path = Path(sys.executable).with_name(program)
    subprocess.run([path, name, "--help"], check=True, stdout=subprocess.DEVNULL)
