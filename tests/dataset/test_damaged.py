"""A damaged file gives a dataset or our own error, and nothing else."""

import gzip
import random
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import DataError, DataReport, load_dataset

Damage = Callable[[bytes, random.Random], bytes]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 4, 64])):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _without_a_piece(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(1, 500) :]


def _with_a_piece(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    piece = chance.choice(
        [
            chance.randbytes(chance.randrange(1, 300)),
            b'"',
            b"\n",
            b"\r",
            b"\0",
            b",,,",
            b"\xff\xfe",
            b"{",
            b"9" * 400,
        ]
    )
    return content[:start] + piece + content[start:]


def _shuffled(content: bytes, chance: random.Random) -> bytes:
    pieces = [content[start : start + 97] for start in range(0, len(content), 97)]
    chance.shuffle(pieces)
    return b"".join(pieces)


def _noise(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.choice([0, 4, 40])] + chance.randbytes(chance.randrange(1, 5000))


DAMAGES: list[Damage] = [_cut, _flipped, _without_a_piece, _with_a_piece, _shuffled, _noise]
WAYS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "csv": lambda stones: stones.to_csv(index=False).encode(),
    "semicolons": lambda stones: stones.to_csv(index=False, sep=";", decimal=",").encode("latin-1"),
    "utf-16": lambda stones: stones.to_csv(index=False).encode("utf-16"),
    "csv.gz": lambda stones: gzip.compress(stones.to_csv(index=False).encode()),
    "parquet": lambda stones: stones.to_parquet(),
    "jsonl": lambda stones: stones.to_json(orient="records", lines=True).encode(),
}


def _outcomes(way: str, files: int, stones: pd.DataFrame, folder: Path) -> list[DataReport | DataError]:
    chance = random.Random(way)
    content, path = WAYS[way](stones), folder / "stones.csv"
    outcomes = []
    for _ in range(files):
        path.write_bytes(chance.choice(DAMAGES)(content, chance))
        outcomes.append(_outcome(path))
    return outcomes


def _outcome(path: Path) -> DataReport | DataError:
    try:
        return load_dataset(path).report
    except DataError as error:
        return error


def _check(outcome: DataReport | DataError) -> None:
    if isinstance(outcome, DataError):
        assert "stones.csv" in str(outcome)
    else:
        assert outcome.read == outcome.kept + outcome.copies + sum(outcome.set_aside.values())


@pytest.mark.parametrize("way", WAYS)
def test_damaged_files_give_our_own_error_or_a_dataset(
    way: str, stones: pd.DataFrame, tmp_path: Path
) -> None:
    for outcome in _outcomes(way, 40, stones, tmp_path):
        _check(outcome)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_thousands_of_damaged_files_give_our_own_error_or_a_dataset(
    way: str, stones: pd.DataFrame, tmp_path: Path
) -> None:
    outcomes = _outcomes(way, 500, stones, tmp_path)
    assert any(isinstance(outcome, DataError) for outcome in outcomes)
    for outcome in outcomes:
        _check(outcome)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            ",".join(f"c{number}" for number in range(20_000)) + "\n1\n",
            "columns; expected at most 1,000.",
        ),
        ("a" * 5_000_000, "Could not read"),
        ("a " * 2_500_000 + "\nb\n", "wide.csv"),
    ],
    ids=["columns", "one line", "spaces"],
)
def test_what_would_take_long_to_understand_is_refused_at_once(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "wide.csv").write_text(content)
    started = time.process_time()

    with pytest.raises(DataError, match=reason):
        load_dataset(tmp_path / "wide.csv")
    assert time.process_time() - started < 20
