"""The page *Models*: which version quotes prices, how it came to that, and how to change it."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import model_charts
from dashboard.api_client import Answer, ask, read
from dashboard.model_card import show_card
from dashboard.model_columns import FORMATS
from dashboard.problems import advised, show_no_model
from dashboard.version_files import offer_download, offer_upload

PARTS = ("Versions", "Compare two", "Model card")
METRICS = ("mae", "rmse", "r2", "mape", "coverage")
LINEAGE = ("rows", "dataset", "seed", "git_commit", "created_at")
_SHOWN = {
    "mae": "${:,.1f}",
    "rmse": "${:,.1f}",
    "r2": "{:.4f}",
    "mape": "{:.2%}",
    "coverage": "{:.2%}",
    "rows": "{:,}",
}
_SAID = "what became of it"


def page() -> None:
    """Draws the page."""
    st.title("Models")
    show_models()


@advised
def show_models() -> None:
    """The champion, all versions, the promotions, and two versions side by side."""
    if _SAID in st.session_state:
        st.info(st.session_state.pop(_SAID).replace("$", r"\$"), icon=":material/social_leaderboard:")
    models = read("/models")
    versions = [each for model in models["models"] for each in _versions(model)]
    if not versions:
        show_no_model()
        return
    promotions = read("/promotions")["promotions"]
    if promotions:
        show_champion(models["champion"], promotions)
    tags = [version["version"] for version in versions]
    part = st.segmented_control(
        "Show", PARTS, default=PARTS[0], required=True, key="part", bind="query-params"
    )
    if part == "Versions":
        show_versions(versions, promotions)
    elif part == "Compare two":
        show_comparison(tags, models["champion"])
    else:
        show_card(st.selectbox("Card of version", tags))


def _versions(model: Answer) -> list[Answer]:
    versions: list[Answer] = read(f"/models/{model['name']}")["versions"] if model["versions"] else []
    return versions


def show_champion(champion: Answer, promotions: list[Answer]) -> None:
    """The version that quotes prices, its errors, and why it does."""
    with st.container(border=True):
        st.markdown(f"#### {champion['model']} quotes prices")
        st.caption(f"`{champion['version']}` · {promotions[0]['reason']}".replace("$", r"\$"))
        figures = {
            "Mean error": f"${champion['mae']:,.0f}",
            "Mean error, relative": f"{champion['mape']:.1%}",
            "R²": f"{champion['r2']:.4f}",
            "Prices in their interval": f"{champion['coverage']:.1%}",
        }
        for column, (label, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
            column.metric(label, value)
        st.caption("Measured on the hold-out: stones that no training ever saw.")


def show_versions(versions: list[Answer], promotions: list[Answer]) -> None:
    """All versions with their errors, over time and as a table, and the way to promote one."""
    rows = pd.DataFrame(versions)
    rows["created_at"] = pd.to_datetime(rows["created_at"], utc=True, format="ISO8601")
    rows = rows.sort_values("created_at", ascending=False)
    metric = st.segmented_control("Metric", METRICS[:4], default="mae", required=True)
    st.altair_chart(model_charts.over_time(rows, metric), alt=f"The {metric} of all versions over time.")
    shown = rows.assign(champion=rows["champion"].map({True: "★", False: ""}))
    st.dataframe(
        shown[["champion", "model", "version", "created_at", *METRICS, "rows", "dataset", "seed"]],
        hide_index=True,
        column_config=FORMATS,
        alt="All versions, newest first.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Version", [each["version"] for each in versions], width=420)
        if st.button("Promote ...", type="primary"):
            confirm_promotion(chosen)
        if promotions and st.button(
            "Roll back ...", help="Makes the champion before this one champion again."
        ):
            confirm_rollback(promotions[0]["version"])
        if st.button("Download ...", icon=":material/download:"):
            offer_download(chosen)
        if st.button("Upload ...", icon=":material/upload:"):
            offer_upload(_say)
    if promotions:
        st.markdown("#### Promotions")
        history = pd.DataFrame(promotions)
        history["promoted_at"] = pd.to_datetime(history["promoted_at"], utc=True, format="ISO8601")
        columns = ["promoted_at", "version", "mae", "reason"]
        st.dataframe(
            history[columns], hide_index=True, column_config=FORMATS, alt="Promotions, newest first."
        )


@st.dialog("Promote this version?")
@advised
def confirm_promotion(version: str) -> None:
    """Asks once more, says what would come of it, and promotes."""
    st.markdown(f"`{version}` would quote prices from then on, if it beats the champion on the hold-out.")
    force = st.checkbox("Promote it whatever its errors")
    if st.button("Promote", type="primary"):
        _decide("/promotions", {"version": version, "force": force})


@st.dialog("Roll back to the champion before?")
@advised
def confirm_rollback(champion: str) -> None:
    """Asks once more and rolls back."""
    st.markdown(f"`{champion}` would give way to the champion before it.")
    if st.button("Roll back", type="primary"):
        _decide("/promotions/rollback", {"version": champion})


def _decide(path: str, body: dict[str, Any]) -> None:
    decision = ask(path, body)
    verb = "Done" if decision["promoted"] else "Not promoted"
    _say(f"{verb}. {decision['reason']}")
    st.rerun()


def _say(text: str) -> None:
    """Has the page say it once it is drawn anew."""
    st.session_state[_SAID] = text


@advised
def show_comparison(tags: list[str], champion: Answer | None) -> None:
    """Two versions side by side: metrics, parameters, data, slices, and what a challenge would come to."""
    if len(tags) < 2:
        st.info("There is only one version yet. Train another on the page *Train*.")
        return
    first = tags.index(champion["version"]) if champion and champion["version"] in tags else 0
    left, right = st.columns(2)
    one = left.selectbox("This version", tags, index=first)
    other = right.selectbox("against this one", tags, index=0 if first else 1)
    shown = {tag: read(f"/versions/{tag}") for tag in (one, other)}
    facts = pd.DataFrame({tag: _facts(version) for tag, version in shown.items()})
    st.dataframe(
        facts.fillna("").rename_axis("of the version").reset_index(),
        hide_index=True,
        height=35 * (len(facts) + 1) + 2,
        alt="The two versions side by side.",
    )
    st.altair_chart(
        model_charts.slices({tag: version["slices"] for tag, version in shown.items()}),
        alt="Mean absolute error of both versions by slice.",
    )
    if one != other and st.button("Let them meet on the hold-out"):
        decision = read("/comparison", champion=one, challenger=other)
        st.markdown(f"**{'Would be promoted' if decision['promote'] else 'Would not be promoted'}.** ")
        st.markdown(decision["reason"].replace("$", r"\$"))


def _facts(version: Answer) -> dict[str, str]:
    summary = version["summary"]
    facts = {name: summary[name] for name in (*METRICS, *LINEAGE)}
    return {name: _text(name, value) for name, value in {**facts, **version["parameters"]}.items()}


def _text(name: str, value: object) -> str:
    if name in _SHOWN and value is not None:
        return _SHOWN[name].format(value)
    if name == "created_at":
        return f"{pd.Timestamp(str(value)):%Y-%m-%d %H:%M} UTC"
    return f"{value:.5g}" if isinstance(value, float) else str(value if value is not None else "")
