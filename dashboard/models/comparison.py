"""Shows two versions side by side."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.clients.api import Answer, Refused, read
from dashboard.models import charts as model_charts
from dashboard.models.version_picker import pick_version, place_of_champion
from dashboard.ui.problems import advised
from dashboard.ui.text import literal
from dashboard.ui.version_fields import LABELS, METRICS, text_of

LINEAGE = ("rows", "dataset", "data_from", "set_aside", "seed", "git_commit", "created_at")


@advised
def show_comparison(versions: list[Answer]) -> None:
    """Two versions side by side: metrics, parameters, data, slices, and what a challenge would come to."""
    if len(versions) < 2:
        st.info("There is only one version yet. Train another on the page *Train*.")
        return
    first = place_of_champion(versions)
    left, right = st.columns(2)
    with left:
        one = pick_version("This version", versions, first)
    with right:
        other = pick_version("against this one", versions, 0 if first else 1)
    if one == other:
        st.info("Choose two versions that are not the same.")
        return
    shown = {tag: read(f"/versions/{tag}") for tag in (one, other)}
    show_facts({tag: facts_of(version) for tag, version in shown.items()})
    st.altair_chart(
        model_charts.slices({tag: version["slices"] for tag, version in shown.items()}),
        alt="Mean absolute error of both versions by slice.",
    )
    if st.button("Let them meet on the hold-out", help="As at a promotion; nothing is changed."):
        decision = read("/comparison", champion=one, challenger=other)
        st.markdown(f"**{'Would be promoted' if decision['promote'] else 'Would not be promoted'}.** ")
        st.markdown(literal(decision["reason"]))


def show_facts(facts: dict[str, dict[str, Any]]) -> None:
    """The facts of two versions, row by row, with how they differ."""
    one, other = facts.values()
    names = list(dict.fromkeys([*one, *other]))
    differing = st.toggle("Only what differs", key="differing", bind="query-params")
    rows = [
        {
            "of the version": LABELS.get(name, name),
            **{tag: text_of(name, told.get(name)) for tag, told in facts.items()},
            "difference": difference(name, one.get(name), other.get(name)),
        }
        for name in names
        if not differing or one.get(name) != other.get(name)
    ]
    height = 35 * (len(rows) + 1) + 2
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, alt="The two versions side by side.")


def difference(name: str, one: Any, other: Any) -> str:
    """By how much a metric of the other is above the one's; elsewhere only whether they differ."""
    if one == other:
        return ""
    if name not in METRICS or one is None or other is None:
        return "≠"
    by = other - one
    return f"{'+' if by >= 0 else '-'}{text_of(name, abs(by))}"


def facts_of(version: Answer) -> dict[str, Any]:
    """The metrics of a version, what it was made from, and its parameters."""
    summary = version["summary"] | _data_of(version["summary"])
    parameters: dict[str, Any] = version["parameters"]
    return {name: summary[name] for name in (*METRICS, *LINEAGE)} | parameters


def _data_of(summary: Answer) -> Answer:
    """Where the stones of a version came from; unknown where the version came from elsewhere."""
    try:
        report = read(f"/datasets/{summary['dataset']}")["report"]
    except Refused as error:
        if error.status >= 500:
            raise
        return {"data_from": None, "set_aside": None}
    return {"data_from": report["source"], "set_aside": sum(report["set_aside"].values())}
