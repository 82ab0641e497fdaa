"""Folders of part files are read as the table that they are parts of, and their folders as its columns."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import fsspec
import pandas as pd
import polars as pl
import pytest

from diamonds.dataset import DataError, Dataset, load_dataset

Write = Callable[[pd.DataFrame, Path], object]


def _by_spark(stones: pd.DataFrame, folder: Path) -> None:
    for number, part in enumerate((stones[:90], stones[90:])):
        name = f"part-{number:05}-7c2f0b1e-63c4-4b1a-9d2f-0c{number}4a0d1e2f3b-c000.snappy.parquet"
        part.to_parquet(folder / name, index=False)
    (folder / "_SUCCESS").touch()
    (folder / f".{name}.crc").touch()
    (folder / "_temporary" / "0").mkdir(parents=True)
    stones[:50].assign(price=1.0).to_parquet(folder / "_temporary" / "0" / "part-00000.parquet")


def _by_polars(stones: pd.DataFrame, folder: Path) -> None:
    frame = pl.from_pandas(stones.reset_index(drop=True))
    frame.lazy().sink_parquet(pl.PartitionBy(folder, key=["color", "clarity"], include_key=False))


def _by_pandas(stones: pd.DataFrame, folder: Path) -> None:
    stones.to_parquet(folder, partition_cols=["cut"], index=False)


def _by_year_and_month(stones: pd.DataFrame, folder: Path) -> None:
    for number, start in enumerate(range(0, len(stones), 100)):
        place = folder / f"year=202{number}" / "month=11"
        place.mkdir(parents=True)
        part = stones[start : start + 100]
        part.to_parquet(place / f"{'abc'[number]}.parquet", row_group_size=30, index=False)


WRITERS = [_by_spark, _by_polars, _by_pandas, _by_year_and_month]


@pytest.mark.parametrize("write", WRITERS)
def test_parts_of_one_table_are_read_as_one_file_is(
    write: Write, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    write(stones, tmp_path)
    dataset = load_dataset(tmp_path)

    assert dataset.fingerprint == expected.fingerprint
    (table,) = dataset.report.tables
    assert table.rows == len(stones)
    assert table.place.endswith("files)")


def test_parts_in_an_object_store_or_an_archive_have_the_columns_of_their_folders(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    _by_pandas(stones, tmp_path)
    store = fsspec.filesystem("memory")
    store.put(str(tmp_path), "/partitioned", recursive=True)
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in tmp_path.rglob("*.parquet"):
            archive.write(path, path.relative_to(tmp_path))

    assert load_dataset("memory://partitioned").fingerprint == expected.fingerprint
    assert load_dataset(tmp_path / "all.zip").fingerprint == expected.fingerprint


def test_what_a_cell_means_is_decided_by_all_parts(stones: pd.DataFrame, tmp_path: Path) -> None:
    """*Excellent* alone is the best cut, and beside *Ideal* the second: also where each has its own file."""
    spelled = stones.replace({"cut": {"Premium": "Excellent"}})
    (tmp_path / "parts").mkdir()
    for number, (_, part) in enumerate(spelled.groupby("cut")):
        part.to_parquet(tmp_path / "parts" / f"{number}.parquet")
    spelled.to_parquet(tmp_path / "one.parquet")

    parts, one = load_dataset(tmp_path / "parts"), load_dataset(tmp_path / "one.parquet")

    assert parts.fingerprint == one.fingerprint


def test_parts_may_differ_in_the_order_and_the_kind_of_numbers_of_their_columns(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    stones[:150].astype({"price": "int32"}).to_parquet(tmp_path / "stones-1.parquet")
    stones[150:][stones.columns[::-1]].to_parquet(tmp_path / "stones-2.parquet")

    assert load_dataset(tmp_path).fingerprint == expected.fingerprint


def test_parts_may_each_have_categories_of_their_own(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    for number, part in enumerate((stones[:150], stones[150:])):
        frame = pl.from_pandas(part.reset_index(drop=True))
        cuts, colors = (frame[name].unique().sort() for name in ("cut", "color"))
        frame = frame.with_columns(pl.col("cut").cast(pl.Enum(cuts)), pl.col("color").cast(pl.Enum(colors)))
        frame.write_parquet(tmp_path / f"{number}.parquet")

    dataset = load_dataset(tmp_path)

    assert dataset.fingerprint == expected.fingerprint
    assert len(dataset.report.tables) == 1


def test_files_of_different_names_stay_tables_of_their_own(stones: pd.DataFrame, tmp_path: Path) -> None:
    stones[:150].to_parquet(tmp_path / "antwerp.parquet")
    stones[150:].to_parquet(tmp_path / "mumbai.parquet")

    assert [table.rows for table in load_dataset(tmp_path).report.tables] == [150, 150]


def test_a_damaged_part_is_named(stones: pd.DataFrame, tmp_path: Path) -> None:
    _by_year_and_month(stones, tmp_path)
    path = tmp_path / "year=2021" / "month=11" / "b.parquet"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataError, match=r"Could not read .*year=2021/month=11/b\.parquet"):
        load_dataset(tmp_path)


def test_a_delta_table_is_refused_for_its_deleted_rows(stones: pd.DataFrame, tmp_path: Path) -> None:
    _by_spark(stones, tmp_path)
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / "00000000000000000000.json").write_text('{"commitInfo": {}}')

    with pytest.raises(DataError, match="is a Delta table"):
        load_dataset(tmp_path)
