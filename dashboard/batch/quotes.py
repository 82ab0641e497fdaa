"""Quotes the stones of a file in several requests, and joins the prices to the file's rows."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from dashboard.clients.api import JsonObject, post
from diamonds.dataset import StonesFile
from diamonds.dataset.priced_file import CSV, PRICE, PROBLEM, WORKBOOK, name_in, priced_rows

STONES_PER_REQUEST = 5_000


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """Every row of the file in its order, with a price or with the reason why it has none.

    ``price`` and ``problem`` are the names of these columns.
    """

    rows: pl.DataFrame
    price: str
    problem: str
    version: str
    currency: str
    coverage: float | None

    @property
    def priced(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(self.price).is_not_null()).drop(self.problem)

    @property
    def rejected(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(self.price).is_null())

    def csv(self) -> bytes:
        return CSV.write(self.rows)

    def excel(self) -> bytes:
        return WORKBOOK.write(self.rows)


class VersionChanged(RuntimeError):
    """Another version became the champion while a file was quoted."""


def quote_file(file: StonesFile, model: str | None, progress: Callable[[int, int], None]) -> QuotedFile:
    """Quotes the stones of a file; calls ``progress`` with the numbers of quoted and of all stones.

    Raises ``ServiceDown`` or ``Refused``, and ``VersionChanged`` when the champion is replaced between two
    requests: all prices are by one version.
    """
    predictions: list[JsonObject] = []
    answers: dict[str, JsonObject] = {}
    stones = file.priceable
    for part in stones.iter_slices(STONES_PER_REQUEST):
        answer = post("/predict_batch", {"diamonds": part.to_dicts(), "model": model})
        predictions += answer["predictions"]
        answers[answer["version"]] = answer
        progress(len(predictions), len(stones))
    if len(answers) > 1:
        raise VersionChanged(f"While the stones were quoted, {' was replaced by '.join(answers)}.")
    rows = priced_rows(file, _columns(predictions))
    price, problem = (name_in(file, name) for name in (PRICE, PROBLEM))
    answer = next(iter(answers.values()), {"version": "", "currency": ""})
    return QuotedFile(rows, price, problem, answer["version"], answer["currency"], answer.get("coverage"))


def _columns(predictions: list[JsonObject]) -> dict[str, list[float | str | None]]:
    columns = {name: [each.get(name) for each in predictions] for name in (PRICE, "low", "high", PROBLEM)}
    return columns | {"warning": [" ".join(each.get("warnings", ())) or None for each in predictions]}
