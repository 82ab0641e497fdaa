"""Compares two versions side by side."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, Refused, get
from dashboard.models.charts import slice_chart
from dashboard.models.version_picker import index_of_champion, pick_version
from dashboard.ui.errors import show_errors
from dashboard.ui.text import escape_markdown
from dashboard.ui.version_fields import LABELS, METRICS, format_field

_SHORT_COMMIT = 12
LINEAGE = (
    *("rows", "dataset", "data_from", "sold_until", "read_on"),
    *("set_aside", "seed", "git_commit", "created_at"),
)


@show_errors()
def show_comparison(versions: list[JsonObject]) -> None:
    """Two versions side by side: metrics, parameters, data, slices, and whether one would be promoted."""
    if len(versions) < 2:
        st.info("There is only one version yet. Train another on the page *Train*.")
        return
    champion, challenger = _pick_two(versions)
    if champion == challenger:
        st.info("Choose two versions that are not the same.")
        return
    details = {tag: get(f"/versions/{tag}") for tag in (champion, challenger)}
    show_facts({tag: facts_of(version) for tag, version in details.items()})
    st.altair_chart(
        slice_chart({tag: version["slices"] for tag, version in details.items()}),
        alt="Mean absolute error of both versions by slice.",
    )
    if st.button("Compare on the hold-out", help="As at a promotion; nothing is changed."):
        decision = get("/comparison", champion=champion, challenger=challenger)
        st.markdown(f"**{'Would be promoted' if decision['promote'] else 'Would not be promoted'}.** ")
        st.markdown(escape_markdown(decision["reason"]))


def _pick_two(versions: list[JsonObject]) -> tuple[str, str]:
    index = index_of_champion(versions)
    left, right = st.columns(2)
    with left:
        one = pick_version("This version", versions, index)
    with right:
        other = pick_version("against this one", versions, 0 if index else 1)
    return one, other


def show_facts(facts: dict[str, dict[str, Any]]) -> None:
    """The facts of two versions by tag, row by row, with how they differ."""
    one, other = facts.values()
    names = dict.fromkeys([*one, *other])
    only_differing = st.toggle("Only what differs", key="differing", bind="query-params")
    rows = [
        {
            "of the version": escape_markdown(LABELS.get(name, name)),
            **{
                escape_markdown(tag): escape_markdown(format_field(name, values.get(name)))
                for tag, values in facts.items()
            },
            "difference": difference(name, one.get(name), other.get(name)),
        }
        for name in names
        if not only_differing or one.get(name) != other.get(name)
    ]
    # No grid: its columns would be cut off in a narrow window, where those of a table wrap.
    with st.container(key="comparison"):  # the styles of all pages know it
        st.table(pd.DataFrame(rows), hide_index=True, alt="The two versions side by side.")


def difference(name: str, one: Any, other: Any) -> str:
    """How far a metric of the other is above the one's; for other facts only whether they differ."""
    if one == other:
        return ""
    if name not in METRICS or one is None or other is None:
        return "≠"
    by = other - one
    return f"{'+' if by >= 0 else '-'}{format_field(name, abs(by))}"


def facts_of(version: JsonObject) -> dict[str, Any]:
    """The metrics of a version, its lineage, and its parameters."""
    summary = version["summary"] | _data_of(version["summary"])
    summary["git_commit"] = (summary["git_commit"] or "")[:_SHORT_COMMIT] or None
    parameters: dict[str, Any] = version["parameters"]
    return {name: summary[name] for name in (*METRICS, *LINEAGE)} | parameters


def _data_of(summary: JsonObject) -> JsonObject:
    """The source of a version's dataset; unknown where the version was imported without it."""
    try:
        report = get(f"/datasets/{summary['dataset']}")["report"]
    except Refused as error:
        if error.status >= 500:
            raise
        return {"data_from": None, "set_aside": None}
    return {"data_from": report["source"], "set_aside": sum(report["set_aside"].values())}
