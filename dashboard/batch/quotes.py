"""Quotes the stones of a file in several requests, and joins the prices to the file's rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dashboard.clients.api import JsonObject, post
from diamonds.api.requests import ASKED
from diamonds.dataset import StonesFile
from diamonds.dataset.priced_file import (
    CSV,
    DEAL,
    HIGH,
    LOW,
    PERCENT,
    PRICE,
    PROBLEM,
    QUOTED,
    WARNING,
    WORKBOOK,
    name_in,
    priced_rows,
)

STONES_PER_REQUEST = 5_000
_NUMBERS = (PRICE, LOW, HIGH)


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """Every row of the file in its order, with a price or with the reason why it has none.

    ``names`` has the name of each column of ours: another where the file has one of that name.
    """

    rows: pl.DataFrame
    names: Mapping[str, str]
    version: str
    currency: str
    coverage: float | None

    @property
    def priced(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(self.names[PRICE]).is_not_null()).drop(self.names[PROBLEM])

    @property
    def rejected(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(self.names[PRICE]).is_null())

    @property
    def has_deals(self) -> bool:
        """Whether asking prices are compared with ours."""
        return self.names[PERCENT] in self.rows.columns

    def best_deals_first(self) -> "QuotedFile":
        """The same with the rows from the most below its price; those without a deal come last."""
        rows = self.rows.sort(self.names[PERCENT], nulls_last=True, maintain_order=True)
        return replace(self, rows=rows)

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
    if file.has_asked:
        stones = stones.with_columns(file.asked.filter(file.reasons.is_null()).alias(ASKED))
    for part in stones.iter_slices(STONES_PER_REQUEST):
        answer = post("/predict_batch", {"diamonds": part.to_dicts(), "model": model})
        predictions += answer["predictions"]
        answers[answer["version"]] = answer
        progress(len(predictions), len(stones))
    if len(answers) > 1:
        raise VersionChanged(f"While the stones were quoted, {' was replaced by '.join(answers)}.")
    rows = priced_rows(file, _columns(predictions, (*_NUMBERS, *(DEAL if file.has_asked else ()))))
    names = {name: name_in(file, name) for name in (*QUOTED, *DEAL, PROBLEM)}
    answer = next(iter(answers.values()), {"version": "", "currency": ""})
    return QuotedFile(rows, names, answer["version"], answer["currency"], answer.get("coverage"))


def _columns(predictions: list[JsonObject], names: Sequence[str]) -> dict[str, list[float | str | None]]:
    columns = {name: [each.get(name) for each in predictions] for name in names}
    return columns | {WARNING: [" ".join(each.get("warnings", ())) or None for each in predictions]}
