"""A file of stones comes back in its own format: every row in its place, with a price or a problem."""

import io
from collections.abc import Callable

import httpx
import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from diamonds.dataset.priced_file import DEAL
from diamonds.settings import settings
from tests.bento_service.http.test_app import assert_error
from tests.stones_files import excel, parquet

CSV, WORKBOOK = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STONES = pl.DataFrame(
    {
        "Stock #": ["=1+1", "A2", "-A3", "@A4", "A5"],
        "Carat Weight": ["0.7", "1.2", "-1.0", "0.5", "0.9"],
        "cut": ["Ideal", "VG", "Good", "Great", "Premium"],
        "colour": ["g", "E", "D", "H", "J"],
        "clarity": ["VS2", "si1", "IF", "VVS1", "I1"],
        "Price": ["2,000", "POA", "1", "2", "3"],
    }
)
PLAIN = [
    {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"},
    {"carat": 1.2, "cut": "Very Good", "color": "E", "clarity": "SI1"},
    {"carat": 0.9, "cut": "Premium", "color": "J", "clarity": "I1"},
]


KINDS: dict[str, tuple[str, Callable[[pl.DataFrame], bytes], Callable[[bytes], pl.DataFrame]]] = {
    "CSV": (CSV, lambda stones: stones.write_csv().encode(), pl.read_csv),
    "a workbook": (WORKBOOK, excel, lambda content: pl.read_excel(io.BytesIO(content))),
    "Parquet": ("application/vnd.apache.parquet", parquet, pl.read_parquet),
    "JSON lines": ("application/x-ndjson", lambda stones: stones.write_ndjson().encode(), pl.read_ndjson),
}


def send(client: httpx.Client, content: bytes, content_type: str = CSV, query: str = "") -> httpx.Response:
    return client.post(f"/predict_batch{query}", content=content, headers={"content-type": content_type})


def assert_refused(answer: httpx.Response, status: int, code: str, says: str) -> None:
    assert answer.status_code == status
    assert_error(answer, code, says)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_answered_in_its_own_format_with_all_its_rows(kind: str, client: httpx.Client) -> None:
    content_type, write, read = KINDS[kind]
    answer = send(client, write(STONES), content_type)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, content_type)
    rows = read(answer.content)
    expected = client.post("/predict_batch", json={"diamonds": PLAIN}).json()
    ours = ["quoted price", "low", "high", *DEAL, "warning", "problem"]
    assert rows.columns == [*STONES.columns, *ours]
    assert rows["colour"].to_list() == STONES["colour"].to_list()
    priced = rows.filter(pl.col("quoted price").is_not_null())
    assert priced["quoted price"].to_list() == [each["price"] for each in expected["predictions"]]
    assert priced["Stock #"].to_list()[1:] == ["A2", "A5"]
    assert rows["problem"].is_null().to_list() == [True, True, False, False, True]
    assert rows["problem"][3].startswith("Got cut='Great'; expected one of ")
    assert answer.headers["x-version"] == expected["version"]


@pytest.mark.parametrize("kind", ["CSV", "a workbook"])
def test_no_cell_of_an_answer_is_a_formula(kind: str, client: httpx.Client) -> None:
    content_type, write, read = KINDS[kind]
    rows = read(send(client, write(STONES.rename({"cut": "=cut"})), content_type).content)
    assert rows["Stock #"].to_list() == ["'=1+1", "A2", "'-A3", "'@A4", "A5"]
    assert "'=cut" in rows.columns


def test_lines_that_do_not_fit_the_header_keep_their_place(client: httpx.Client) -> None:
    lines = [
        b"id;carat;cut;color;clarity",
        b"1;0,7;Ideal;G;VS2",
        b"2;0,7;Ideal",
        b"3;0,7;Ideal;G;VS2;;",
        b"4;0,7;Ideal;G;VS2",
    ]
    rows = pl.read_csv(send(client, b"\n".join([*lines, b""])).content, separator=";", decimal_comma=True)
    assert rows["id"].to_list() == [1, None, 3, 4]
    assert rows["problem"][1] == "Another number of fields than the header: '2;0,7;Ideal'."
    assert rows["price"].null_count() == 1
    assert rows["price"].dtype == pl.Float64


def test_the_model_and_the_sheet_can_be_chosen(client: httpx.Client) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        for sheet in ("Antwerp", "Mumbai"):
            STONES.with_columns(pl.lit(sheet).alias("place")).write_excel(workbook, worksheet=sheet)
    assert_refused(send(client, file.getvalue(), WORKBOOK), 400, "bad_stones_file", "name one of them")
    answer = send(client, file.getvalue(), WORKBOOK, "?part=Mumbai&model=linear")
    assert answer.headers["x-model"] == "linear"
    assert set(pl.read_excel(io.BytesIO(answer.content))["place"]) == {"Mumbai"}


def test_columns_without_a_header_are_named_in_the_query(client: httpx.Client) -> None:
    content = b"0.7,Ideal,G,VS2\n1.2,VG,E,SI1\n"
    assert_refused(send(client, content), 400, "bad_stones_file", "seems to have no header")
    answer = send(client, content, query="?columns=carat,cut,color,clarity")
    assert pl.read_csv(answer.content)["price"].null_count() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"carat,cut,color\n1,Ideal,G\n", "the file: Missing: 'clarity'"),
        (b"", "the file is empty."),
        (b"carat,cut,color,clarity\n", "the file has a header and no rows beneath it."),
        (b"%PDF-1.7", "is a PDF document; ask its sender"),
        (b"PK\x03\x04 and then nothing", "damaged ZIP archive or Excel workbook"),
    ],
)
def test_a_file_without_stones_says_why(content: bytes, message: str, client: httpx.Client) -> None:
    assert_refused(send(client, content), 400, "bad_stones_file", message)


def test_what_is_too_large_is_refused(client: httpx.Client) -> None:
    row = b"1,Ideal,G,VS2\n"
    many = b"carat,cut,color,clarity\n" + row * 50_001
    assert_refused(send(client, many), 413, "too_large", "more than 50,000 rows")
    assert_refused(send(client, row * (settings().most_body_bytes // 10)), 413, "too_large", "bytes")


def test_asking_prices_are_compared_with_quoted_ones(client: httpx.Client) -> None:
    fair = client.post("/predict_batch", json={"diamonds": PLAIN}).json()["predictions"]
    asks = [fair[0]["price"] * 0.9, fair[1]["high"] + 1, fair[2]["low"] - 1]
    offered = [{**stone, "asked": ask} for stone, ask in zip(PLAIN, asks, strict=True)]
    answer = client.post("/predict_batch", json={"diamonds": [*offered, PLAIN[0]]}).json()["predictions"]
    assert [each["outside"] for each in answer[:3]] == [None, "above", "below"]
    assert "asked" not in answer[3]
    for ask, each in zip(asks, answer, strict=False):
        assert each["difference"] == pytest.approx(ask - each["price"], abs=0.006)
        assert each["difference_percent"] == pytest.approx(100 * (ask / each["price"] - 1), abs=0.006)

    rows = pl.DataFrame([{**stone, "price": stone.pop("asked")} for stone in offered])
    file = pl.read_csv(send(client, rows.write_csv().encode(), query="?sort=deal").content)
    assert file["difference_percent"].to_list() == sorted(each["difference_percent"] for each in answer[:3])
    assert sorted(file["outside"].drop_nulls()) == ["above", "below"]
    assert sorted(file["quoted price"]) == sorted(each["price"] for each in fair)


@pytest.mark.parametrize("asked", [0, -5, "2500", 2e9, True])
def test_an_asking_price_is_a_number_above_0(asked: object, client: httpx.Client) -> None:
    answer = client.post("/predict_batch", json={"diamonds": [PLAIN[0], {**PLAIN[1], "asked": asked}]})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"][0]["field"] == "diamonds[1].asked"


def test_a_stone_without_a_readable_asking_price_is_priced(client: httpx.Client) -> None:
    content = b"carat,cut,color,clarity,price\n" + b"".join(
        b"0.7,Ideal,G,VS2,%s\n" % ask for ask in (b"0", b"-3", b"on request", b"", b"2500")
    )
    rows = pl.read_csv(send(client, content).content)
    assert rows["quoted price"].null_count() == 0
    assert rows["asked"].to_list() == [None, None, None, None, 2500]
    assert rows["difference"].null_count() == 4
