"""Hosts that share a model store: each a process with a home of its own, which answers one command a line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.processes import process

MOTO_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}

HOST = """
import json, sys
from diamonds.model_files.transfer import import_version
from diamonds.sharing.files import StoreAway
from diamonds.versions import acceptance, changes, promotion, store, switches
from diamonds.versions.integrity import damage

def answer(command, *arguments):
    if command == "import":
        return import_version(open(arguments[0], "rb").read()).version.tag
    if command == "sync":
        return store.synchronize()
    if command == "promote":
        return promotion.promote(arguments[0], force=True).reason
    if command == "rollback":
        return promotion.rollback().reason
    if command == "accept":
        return acceptance.accept(arguments[0]).labels["accepted"]
    if command == "delete":
        return changes.delete(arguments[0])
    if command == "champion":
        champion = store.champion()
        return champion and champion.labels["source"]
    if command == "history":
        return [[each.labels["promotion"], each.labels["source"], damage(each)] for each in store.history()]
    if command == "pause":
        switch = switches.Switch(arguments[0])
        return switches.set_switch(switch, paused=True, by=arguments[1], reason="Audit.").by
    if command == "paused":
        return switches.why_paused(switches.Switch(arguments[0]))
    if command == "versions":
        return sorted(each.tag for name in store.names() for each in store.versions(name))

for line in sys.stdin:
    try:
        print(json.dumps({"value": answer(*json.loads(line))}), flush=True)
    except (StoreAway, store.UnknownVersion) as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A process with a model store of its own, which answers one command a line."""

    home: Path
    process: "subprocess.Popen[str]"

    def ask(self, *command: str) -> Any:
        """The result of a command; raises ``RuntimeError`` with the error of the host."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "It ended."}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]


@contextmanager
def host(home: Path, url: str, inside: Sequence[str] = (), **environment: str) -> Iterator[Host]:
    """A host with an empty model store, ended at the end of the context.

    ``inside`` is a command that runs another one, such as in a network of its own.
    """
    (home / "models").mkdir(parents=True)
    command, pipe = [*inside, sys.executable, "-c", HOST], subprocess.PIPE
    variables = os.environ | variables_of(home, url) | environment
    with subprocess.Popen(command, env=variables, stdin=pipe, stdout=pipe, text=True) as process:
        yield Host(home, process)
        process.terminate()


def variables_of(home: Path, url: str) -> Mapping[str, str]:
    """The environment variables of processes with the model store in ``home``, which ``url`` shares."""
    return {"BENTOML_HOME": str(home), "DIAMONDS_MODEL_STORE_URL": url, **MOTO_KEYS}


@contextmanager
def s3(folder: Path, port: int, address: str = "127.0.0.1") -> Iterator[str]:
    """The URL of a real S3 API with an empty bucket *models*."""
    server = [sys.executable, "-m", "moto.server", "-H", address, "-p", str(port)]
    url = f"http://{address}:{port}"
    with process(server, folder / "log", until=f"{url}/moto-api/"):
        httpx.put(f"{url}/models").raise_for_status()
        yield url
