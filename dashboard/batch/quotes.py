"""Has a file's stones quoted in parts, and puts the prices beside the rows that they belong to."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from dashboard.batch.stones_file import StonesFile
from dashboard.clients.api import Answer, ask

STONES_PER_CALL = 5_000

PRICE, LOW, HIGH, REJECTED = "price_usd", "low_usd", "high_usd", "rejected because"


@dataclass(frozen=True, slots=True)
class Quoted:
    """Every row of the file in its order, with a price or with why it has none."""

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


def quote_file(file: StonesFile, model: str | None, progress: Callable[[int, int], None]) -> Quoted:
    """Quotes the stones of a file; ``progress`` hears how many of how many are done.

    Raises ``ServiceDown`` or ``Refused``. All parts are asked of one version; ``VersionChanged`` is raised
    when the champion is replaced in between.
    """
    predictions: dict[int, Answer] = {}
    versions: dict[str, float | None] = {}
    stones = list(file.stones.items())
    for start in range(0, len(stones), STONES_PER_CALL):
        part = stones[start : start + STONES_PER_CALL]
        answer = ask("/predict_batch", {"diamonds": [stone for _, stone in part], "model": model})
        predictions |= {place: each for (place, _), each in zip(part, answer["predictions"], strict=True)}
        versions[answer["version"]] = answer.get("coverage")
        progress(len(predictions), len(stones))
    if len(versions) > 1:
        raise VersionChanged(f"While the stones were quoted, {' was replaced by '.join(versions)}.")
    version, coverage = next(iter(versions.items()), ("", None))
    return Quoted(_beside(file, predictions), version, coverage)


def _beside(file: StonesFile, predictions: dict[int, Answer]) -> pl.DataFrame:
    places = range(len(file.rows))
    columns = {
        ours: [predictions.get(place, {}).get(name) for place in places] for ours, name in _COLUMNS.items()
    }
    reasons = [file.reasons.get(place) for place in places]
    results = pl.DataFrame(
        {"row": [place + 1 for place in places], **columns, REJECTED: reasons},
        schema_overrides=dict.fromkeys(_COLUMNS, pl.Float64) | {REJECTED: pl.String},
    )
    shown = results.select(column for column in results if column.name not in (LOW, HIGH) or column.count())
    taken = {name: f"{name} (file)" for name in file.rows.columns if name in results.columns}
    return pl.concat([shown, file.rows.rename(taken)], how="horizontal")


_COLUMNS = {PRICE: "price", LOW: "low", HIGH: "high"}
