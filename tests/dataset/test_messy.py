"""Whatever way people write clean stones, the clean stones come back."""

import gzip
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diamonds.dataset import Dataset, load_dataset
from diamonds.dataset.columns import ALIASES
from diamonds.diamond import COLUMNS
from diamonds.grades import GRADES


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """A name in any case, with any punctuation between its words."""
    cased = draw(st.sampled_from([str.lower, str.upper, str.title, str.capitalize]))(name)
    return cased.replace(" ", draw(st.sampled_from([" ", "_", "-", "", ".", " / "])))


def _grade(draw: st.DrawFn, name: str) -> str:
    return draw(spelled(name)).replace("/", "").replace(".", "")


@st.composite
def headers(draw: st.DrawFn) -> dict[str, str]:
    """A name for each column by which it is known; a bare depth only where the height has its own."""
    return {ours: draw(spelled(draw(st.sampled_from(ALIASES[ours])))) for ours in COLUMNS}


@st.composite
def messes(draw: st.DrawFn, stones: pd.DataFrame) -> bytes:
    """The stones as a text file in one of the ways that people write them."""
    frame = stones.astype(object).sample(frac=1, random_state=draw(st.integers(0, 99)))
    for column in GRADES:
        names = {grade: _grade(draw, grade) for grade in frame[column].unique()}
        frame[column] = frame[column].map(names)
    for column in draw(st.sets(st.sampled_from(["dealer", "certificate", "Größe", "unnamed: 0"]))):
        frame[column] = draw(st.sampled_from(["Müller & Söhne", "1,5", 'say "hi"', "", "two\nlines"]))
    frame = frame.rename(columns=draw(headers()))
    frame = frame[draw(st.permutations(list(frame.columns)))]
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ","]))
    if decimal == ",":
        frame = frame.map(lambda cell: str(cell).replace(".", ",") if isinstance(cell, float) else cell)
    text = frame.to_csv(
        sep=separator,
        index=draw(st.booleans()),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([0, 1])),
        na_rep=draw(st.sampled_from(["", "NA", "n/a", "NaN", "-", "null"])),
    )
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"])))
    return gzip.compress(content) if draw(st.booleans()) else content


QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
THOROUGH = settings(QUICK, max_examples=500)


def _check(data: st.DataObject, stones: pd.DataFrame, expected: Dataset, folder: Path) -> None:
    (folder / "stones.csv").write_bytes(data.draw(messes(stones)))
    dataset = load_dataset(folder)
    assert dataset.report.set_aside == {}
    assert dataset.fingerprint == expected.fingerprint


@given(data=st.data())
@QUICK
def test_messy_files_give_the_clean_stones(
    data: st.DataObject, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    _check(data, stones, expected, tmp_path)


@pytest.mark.slow
@given(data=st.data())
@THOROUGH
def test_hundreds_of_messy_files_give_the_clean_stones(
    data: st.DataObject, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    _check(data, stones, expected, tmp_path)


@given(
    parts=st.lists(st.sampled_from(["csv", "csv.gz", "tsv", "parquet", "jsonl"]), min_size=1, max_size=6),
    seed=st.integers(0, 99),
)
@QUICK
def test_stones_spread_over_files_of_any_kind_are_the_same_dataset(
    parts: list[str],
    seed: int,
    stones: pd.DataFrame,
    expected: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("spread")
    shuffled = stones.sample(frac=1, random_state=seed)
    for number, suffix in enumerate(parts):
        _write(shuffled[number :: len(parts)], folder / f"{number}.{suffix}")
    assert load_dataset(folder).fingerprint == expected.fingerprint


def _write(part: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        part.to_parquet(path)
    elif path.suffix == ".jsonl":
        part.to_json(path, orient="records", lines=True)
    else:
        part.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
