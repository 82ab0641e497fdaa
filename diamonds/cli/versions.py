"""Finds versions of models by name, and prints them on a terminal, as a table or as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from diamonds.cli.output import console, print_json

if TYPE_CHECKING:
    from diamonds.versions.version import Version

__all__ = [
    "as_row",
    "champion_or_raise",
    "model_named",
    "print_json",
    "print_versions",
    "tag_named",
    "version_named",
]

METRICS = {"mae": "{:.1f}", "mape": "{:.1%}", "rmse": "{:.1f}", "r2": "{:.4f}"}
HEADINGS = {"mae": "MAE", "mape": "MAPE", "rmse": "RMSE", "r2": "R2"}
_WIDE = 96
"""Columns of a terminal that has room for all metrics; a narrower one gets the first two, uncut."""

_CAPTION = "MAE in USD, on the hold-out: compare those of the same dataset. ★ champion"


def model_named(text: str) -> str:
    """The name of a model, which may come with the model store's prefix; raises ``UnknownModel``."""
    from diamonds.models import spec_named
    from diamonds.versions.store import PREFIX

    return spec_named(text.removeprefix(PREFIX)).name


def tag_named(text: str) -> str:
    """The tag of a version: of the newest where ``text`` is a model's name, with or without prefix.

    ``champion`` is the version that quotes. Raises ``UnknownModel`` or ``NoChampion``.
    """
    from diamonds.versions.store import CHAMPION_NAME, PREFIX

    name, mark, version = text.removeprefix(PREFIX).partition(":")
    if mark:
        return f"{PREFIX}{name}:{version}"
    return champion_or_raise().source_tag if name == CHAMPION_NAME else f"{PREFIX}{model_named(name)}:latest"


def champion_or_raise() -> "Version":
    """The champion; raises ``NoChampion`` where there is none."""
    from diamonds.versions import store

    champion = store.champion()
    if champion is None:
        raise store.NoChampion("No model has been promoted yet. Train with: diamonds train")
    return champion


def version_named(text: str) -> "Version":
    """The version of a tag, the champion, or the newest accepted one of a model.

    Raises ``UnknownModel``, ``UnknownVersion`` or ``NoChampion``.
    """
    from diamonds.models import UnknownModel
    from diamonds.versions import store

    if text.removeprefix(store.PREFIX) == store.CHAMPION_NAME:
        return champion_or_raise()
    if ":" in text:
        return store.get(tag_named(text))
    model = model_named(text)
    newest = store.newest(model)
    if newest is None:
        raise UnknownModel(
            f"Model {model!r} has no version yet. Train it with: diamonds train --model {model}"
        )
    return newest


def as_row(version: "Version", champion: "Version | None") -> dict[str, Any]:
    """A version as an object of the JSON output; its ``champion`` is whether it is the champion."""
    from diamonds.versions.version import READ_ON, SOLD_UNTIL

    return {
        "model": version.model,
        "version": version.source_tag,
        "champion": champion is not None and champion.labels["source"] == version.source_tag,
        "created_at": version.created_at.isoformat(),
        **{name: float(version.labels[name]) for name in METRICS},
        "dataset": version.labels["dataset"],
        "sold_until": version.labels.get(SOLD_UNTIL) or None,
        "read_on": version.labels.get(READ_ON) or None,
        "flow_run": version.labels["flow_run"],
    }


def print_versions(versions: "Sequence[Version]", champion: "Version | None") -> None:
    """Prints a table of the versions with their metrics on the hold-out; the champion has a star."""
    terminal = console()
    shown = list(METRICS)[: None if terminal.width >= _WIDE else 2]
    table = Table(box=None, padding=(0, 1, 0, 0), caption=_CAPTION)
    table.add_column("", min_width=1)
    table.add_column("version", no_wrap=True)
    for name in shown:
        table.add_column(HEADINGS[name], justify="right", no_wrap=True)
    table.add_column("trained", no_wrap=True)
    table.add_column("data of", no_wrap=True)
    table.add_column("dataset", no_wrap=True)
    for version in versions:
        row = as_row(version, champion)
        metrics = [METRICS[name].format(row[name]) for name in shown]
        star = "★" if row["champion"] else ""
        dates = f"{version.created_at:%Y-%m-%d}", row["sold_until"] or row["read_on"] or ""
        table.add_row(star, version.source_tag, *metrics, *dates, row["dataset"][:8])
    terminal.print(table)
