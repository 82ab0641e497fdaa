"""The page *Models*: which version quotes prices, how it came to that, and how to change it."""

from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.clients.api import Answer, read
from dashboard.models import charts as model_charts
from dashboard.models.card import show_card
from dashboard.models.comparison import show_comparison
from dashboard.models.files import offer_download, offer_upload
from dashboard.models.promotion_dialogs import confirm_promotion, confirm_rollback
from dashboard.models.version_picker import pick_version, place_of_champion
from dashboard.ui.problems import advised, show_no_model
from dashboard.ui.text import literal
from dashboard.ui.version_fields import FORMATS, LABELS, METRICS

PARTS = ("Versions", "Compare two", "Model card")
SHOWN_PROMOTIONS = 8
"""More than so many are scrolled through."""
_SAID = "what became of it"


def page() -> None:
    """Draws the page."""
    st.title("Models")
    show_models()


@advised
def show_models() -> None:
    """The champion, all versions, the promotions, and two versions side by side."""
    if _SAID in st.session_state:
        st.info(literal(st.session_state.pop(_SAID)), icon=":material/social_leaderboard:")
    models = read("/models")
    versions = [each for model in models["models"] for each in _versions(model)]
    versions.sort(key=lambda version: version["created_at"], reverse=True)
    if not versions:
        show_no_model()
        return
    promotions = read("/promotions")["promotions"]
    if promotions:
        show_champion(models["champion"], promotions)
    part = st.segmented_control(
        "Show", PARTS, default=PARTS[0], required=True, key="part", bind="query-params"
    )
    if part == "Versions":
        show_versions(versions, promotions)
    elif part == "Compare two":
        show_comparison(versions)
    else:
        show_card(pick_version("Card of version", versions, place_of_champion(versions)))


def _versions(model: Answer) -> list[Answer]:
    versions: list[Answer] = read(f"/models/{model['name']}")["versions"] if model["versions"] else []
    return versions


def show_champion(champion: Answer, promotions: list[Answer]) -> None:
    """The version that quotes prices, its errors, and why it does."""
    with st.container(border=True):
        st.markdown(f"#### {champion['model']} quotes prices")
        st.markdown(f":small[`{champion['version']}`] · :small[{literal(promotions[0]['reason'])}]")
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
    metric = st.segmented_control(
        "Metric", METRICS[:4], default="mae", required=True, format_func=LABELS.__getitem__
    )
    st.altair_chart(
        model_charts.over_time(rows, metric), alt=f"The {LABELS[metric]} of all versions over time."
    )
    shown = with_roles(rows)
    st.dataframe(
        shown[["role", "model", "version", "created_at", "behind", *METRICS, "rows", "dataset", "seed"]],
        hide_index=True,
        column_config=FORMATS,
        placeholder="",
        alt="All versions, newest first.",
    )
    st.caption("A challenger is the newest version of a model, unless it is the champion itself.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = pick_version("Version", versions)
        if st.button("Promote ...", type="primary"):
            confirm_promotion(chosen, _say)
        if promotions and st.button(
            "Roll back ...", help="Makes the champion before this one champion again."
        ):
            confirm_rollback(promotions[0]["version"], _say)
        if st.button("Download ...", icon=":material/download:"):
            offer_download(chosen)
        if st.button("Upload ...", icon=":material/upload:"):
            offer_upload(_say)
    if promotions:
        st.markdown("#### Promotions")
        show_promotions(promotions)


def with_roles(versions: pd.DataFrame) -> pd.DataFrame:
    """The versions, newest first, with the role of each and how far its error is from the champion's.

    The distance is known where both were judged on the same data.
    """
    champion = versions[versions["champion"]]
    roles = (
        versions["model"]
        .duplicated()
        .map({True: "", False: "challenger"})
        .mask(versions["champion"], "★ champion")
    )
    behind = pd.Series(float("nan"), versions.index)
    if not champion.empty:
        best = champion.iloc[0]
        behind = (versions["mae"] - best["mae"]).where(
            (versions["dataset"] == best["dataset"]) & ~versions["champion"]
        )
    return versions.assign(role=roles, behind=behind)


def show_promotions(promotions: list[Answer]) -> None:
    """Who became the champion when and why, newest first, with the reasons to their last word."""
    history = pd.DataFrame(promotions)
    promoted = pd.to_datetime(history["promoted_at"], utc=True, format="ISO8601")
    told = {
        "promoted (UTC)": promoted.dt.strftime("%Y-%m-%d %H:%M:%S"),
        "version": history["version"].map(literal),
        "reason": history["reason"].map(literal),
    }
    height: int | Literal["content"] = 420 if len(history) > SHOWN_PROMOTIONS else "content"
    st.table(pd.DataFrame(told), hide_index=True, height=height, alt="Promotions, newest first.")


def _say(text: str) -> None:
    """Has the page say it once it is drawn anew."""
    st.session_state[_SAID] = text
