"""Sends requests for quotes with `wrk`, and reads what it measured."""

import json
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from diamonds.dataset import load_dataset
from diamonds.diamond import FEATURES
from diamonds.settings import settings

BodyOf = Callable[[object], object]
"""What a service receives of a stone."""

_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: requests per second, and quantiles of the latency in seconds."""

    rate: float
    p50: float
    p99: float


def measure(url: str, script: Path, connections: int, seconds: int) -> Load:
    """Sends requests to ``url`` for some seconds; a response with an error status ends the benchmark."""
    threads = f"-c{connections} -d{seconds}s --latency --timeout 10s".split()
    command = ["wrk", "-t1", *threads, "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(text)
    rate = float(_groups(r"Requests/sec:\s+([\d.]+)", text)[0])
    return Load(rate, _seconds(text, 50), _seconds(text, 99))


def _groups(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"The output of wrk is not as expected:\n{text}")
    return match.groups()


def _seconds(text: str, percent: int) -> float:
    number, unit = _groups(rf"\b{percent}%\s+([\d.]+)(us|ms|s)", text)
    return float(number) * _SECONDS[unit]


def median(loads: list[Load]) -> Load:
    columns = zip(*((load.rate, load.p50, load.p99) for load in loads), strict=True)
    return Load(*(statistics.median(column) for column in columns))


def stones() -> list[dict[str, object]]:
    """Stones of the hold-out, on which neither service was trained."""
    frame = load_dataset(settings().data).hold_out[list(FEATURES)].dropna().head(1000)
    records: list[dict[str, object]] = json.loads(frame.to_json(orient="records"))
    return records


def as_it_is(stone: object) -> object:
    return stone


def wrk_script(folder: Path, headers: Mapping[str, str] | None = None, body_of: BodyOf = as_it_is) -> Path:
    """A script of wrk that sends one stone after another, with these headers besides."""
    sent = {"content-type": "application/json", **(headers or {})}
    table = ", ".join(f'["{name}"] = "{value}"' for name, value in sent.items())
    bodies = ",\n".join(f"[==[{json.dumps(body_of(stone))}]==]" for stone in stones())
    script = Path(tempfile.mkdtemp(dir=folder)) / "stones.lua"
    script.write_text(
        f"local bodies = {{{bodies}}}\nlocal next = 0\n"
        "function request()\n  next = next % #bodies + 1\n"
        f'  return wrk.format("POST", nil, {{{table}}}, bodies[next])\nend\n'
    )
    return script
