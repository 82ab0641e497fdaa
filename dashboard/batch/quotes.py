"""Quotes the stones of a file in several requests, and joins the prices to the file's rows."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from dashboard.batch.stones_file import StonesFile
from dashboard.clients.api import JsonObject, post

STONES_PER_REQUEST = 5_000

PRICE, LOW, HIGH, REJECTED = "price_usd", "low_usd", "high_usd", "rejected because"
_FIELDS = {PRICE: "price", LOW: "low", HIGH: "high"}


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """Every row of the file in its order, with a price or with the reason why it has none."""

    rows: pl.DataFrame
    version: str
    coverage: float | None

    @property
    def priced(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(PRICE).is_not_null()).drop(REJECTED)

    @property
    def rejected(self) -> pl.DataFrame:
        return self.rows.filter(pl.col(PRICE).is_null()).drop(PRICE, LOW, HIGH, strict=False)

    def csv(self) -> bytes:
        return self.rows.write_csv().encode()

    def excel(self) -> bytes:
        workbook = io.BytesIO()
        self.rows.write_excel(workbook, worksheet="Quotes", autofit=False, freeze_panes=(1, 0))
        return workbook.getvalue()


class VersionChanged(RuntimeError):
    """Another version became the champion while a file was quoted."""


def quote_file(file: StonesFile, model: str | None, progress: Callable[[int, int], None]) -> QuotedFile:
    """Quotes the stones of a file; calls ``progress`` with the numbers of quoted and of all stones.

    Raises ``ServiceDown`` or ``Refused``, and ``VersionChanged`` when the champion is replaced between two
    requests: all prices are by one version.
    """
    predictions: dict[int, JsonObject] = {}
    versions: dict[str, float | None] = {}
    stones = list(file.stones.items())
    for start in range(0, len(stones), STONES_PER_REQUEST):
        part = dict(stones[start : start + STONES_PER_REQUEST])
        response = post("/predict_batch", {"diamonds": list(part.values()), "model": model})
        predictions |= zip(part, response["predictions"], strict=True)
        versions[response["version"]] = response.get("coverage")
        progress(len(predictions), len(stones))
    if len(versions) > 1:
        raise VersionChanged(f"While the stones were quoted, {' was replaced by '.join(versions)}.")
    version, coverage = next(iter(versions.items()), ("", None))
    return QuotedFile(_join(file, predictions), version, coverage)


def _join(file: StonesFile, predictions: dict[int, JsonObject]) -> pl.DataFrame:
    """The row numbers, prices and reasons beside the file's own columns."""
    indices = range(len(file.rows))
    prices = {
        column: [predictions.get(index, {}).get(field) for index in indices]
        for column, field in _FIELDS.items()
    }
    reasons = [file.reasons.get(index) for index in indices]
    results = pl.DataFrame(
        {"row": [index + 1 for index in indices], **prices, REJECTED: reasons},
        schema_overrides=dict.fromkeys(_FIELDS, pl.Float64) | {REJECTED: pl.String},
    )
    # Without an interval there are no columns for it.
    results = results.select(column for column in results if column.name not in (LOW, HIGH) or column.count())
    taken = {name: f"{name} (file)" for name in file.rows.columns if name in results.columns}
    return pl.concat([results, file.rows.rename(taken)], how="horizontal")
