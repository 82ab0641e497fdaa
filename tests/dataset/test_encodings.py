"""The same stones are read from every format of a file, encoding and separator."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset

Write = Callable[[pd.DataFrame, Path], object]


def _european(stones: pd.DataFrame, path: Path) -> None:
    text = stones.assign(price=[f"{price:,.0f}".replace(",", ".") for price in stones["price"]])
    text.to_csv(path, sep=";", decimal=",", index=False)


def _ended(stones: pd.DataFrame, thirds: set[int]) -> str:
    """CSV of which some thirds of the rows end in a separator more than the header has."""
    header, *rows = stones.to_csv(index=False).splitlines()
    return "\n".join([header, *(row + "," * (number % 3 in thirds) for number, row in enumerate(rows))])


WAYS: dict[str, tuple[str, Write]] = {
    "comma": ("s.csv", lambda stones, path: stones.to_csv(path, index=False)),
    "semicolon": ("s.csv", lambda stones, path: stones.to_csv(path, sep=";", index=False)),
    "tab": ("s.tsv", lambda stones, path: stones.to_csv(path, sep="\t", index=False)),
    "bar": ("s.txt", lambda stones, path: stones.to_csv(path, sep="|", index=False)),
    "decimal comma and dots for thousands": ("s.csv", _european),
    "quoted decimal comma": ("s.csv", lambda stones, path: stones.to_csv(path, decimal=",", index=False)),
    "byte order mark": ("s.csv", lambda stones, path: stones.to_csv(path, index=False, encoding="utf-8-sig")),
    "utf-16": ("s.csv", lambda stones, path: stones.to_csv(path, index=False, encoding="utf-16")),
    "latin-1": (
        "s.csv",
        lambda stones, path: stones.assign(Händler="Müller").to_csv(path, index=False, encoding="latin-1"),
    ),
    "latin-1 that begins late": (
        "s.csv",
        lambda stones, path: stones.assign(dealer=["Smith"] * 299 + ["Müller"]).to_csv(
            path, index=False, encoding="latin-1"
        ),
    ),
    "windows line ends": (
        "s.csv",
        lambda stones, path: stones.to_csv(path, index=False, lineterminator="\r\n"),
    ),
    "old line ends": ("s.csv", lambda stones, path: stones.to_csv(path, index=False, lineterminator="\r")),
    "quotes": ("s.csv", lambda stones, path: stones.to_csv(path, index=False, quoting=1)),
    "index in front": ("s.csv", lambda stones, path: stones.to_csv(path)),
    "index without a name of its own": (
        "s.csv",
        lambda stones, path: path.write_text(stones.to_csv().removeprefix(",")),
    ),
    "a separator at the end of few rows": (
        "s.csv",
        lambda stones, path: path.write_text(_ended(stones, {0})),
    ),
    "a separator at the end of many rows": (
        "s.csv",
        lambda stones, path: path.write_text(_ended(stones, {1, 2})),
    ),
    "blank lines": (
        "s.csv",
        lambda stones, path: path.write_text("\n\n" + stones.to_csv(index=False).replace("\n", "\n\n", 9)),
    ),
    "the separator announced": (
        "s.csv",
        lambda stones, path: path.write_text("sep=;\n" + stones.to_csv(index=False, sep=";")),
    ),
    "gzipped": ("s.csv.gz", lambda stones, path: stones.to_csv(path, index=False)),
    "gzipped without a suffix": (
        "s.csv",
        lambda stones, path: path.write_bytes(gzip.compress(stones.to_csv(index=False).encode())),
    ),
    "parquet": ("s.parquet", lambda stones, path: stones.to_parquet(path, index=False)),
    "parquet of categories": (
        "s.pq",
        lambda stones, path: stones.astype(dict.fromkeys(["cut", "color", "clarity"], "category")).to_parquet(
            path
        ),
    ),
    "parquet of 32 bits": (
        "s.parquet",
        lambda stones, path: stones.astype(
            dict.fromkeys(stones.select_dtypes("float64").columns, "float32")
        ).to_parquet(path),
    ),
    "parquet of text": ("s.parquet", lambda stones, path: stones.astype(str).to_parquet(path)),
    "json lines": ("s.jsonl", lambda stones, path: stones.to_json(path, orient="records", lines=True)),
    "json lines gzipped": (
        "s.ndjson.gz",
        lambda stones, path: stones.to_json(path, orient="records", lines=True),
    ),
    "json lines of text": (
        "s.jsonl",
        lambda stones, path: stones.astype(str).to_json(path, orient="records", lines=True),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_the_stones_gives_the_same_dataset(
    way: str, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    name, write = WAYS[way]
    write(stones, tmp_path / name)
    for source in (tmp_path / name, tmp_path):
        dataset = load_dataset(source)
        assert dataset.report.set_aside == {}
        assert dataset.fingerprint == expected.fingerprint
        pd.testing.assert_frame_equal(dataset.training, expected.training)
