"""The page *Models*: the champion, all versions, and the promotions."""

from typing import Literal

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, get
from dashboard.models.card import show_card
from dashboard.models.comparison import show_comparison
from dashboard.models.version_picker import index_of_champion, pick_version
from dashboard.models.versions import show_versions
from dashboard.ui.errors import show_errors, show_no_model
from dashboard.ui.figures import show_figures
from dashboard.ui.text import code, escape_markdown
from dashboard.ui.version_fields import format_field

PARTS = ("Versions", "Compare two", "Model card")
MOST_PROMOTIONS = 8
"""The table of promotions scrolls where it has more rows."""

_RESULT = "result of a dialog"


def models_page() -> None:
    """Draws the page."""
    st.title("Models")
    show_models()


@show_errors()
def show_models() -> None:
    """The champion, and the selected part of the page."""
    if _RESULT in st.session_state:
        st.info(escape_markdown(st.session_state.pop(_RESULT)), icon=":material/social_leaderboard:")
    models = get("/models")
    show_refused(models["refused"])
    versions = [version for model in models["models"] for version in _versions(model)]
    versions.sort(key=lambda version: version["created_at"], reverse=True)
    if not versions:
        show_no_model()
        return
    answer = get("/promotions")
    promotions = answer["promotions"]
    if models["champion"]:
        show_champion(models["champion"], _present(promotions)["reason"])
    show_part(versions, promotions, answer["previous"])


def show_part(versions: list[JsonObject], promotions: list[JsonObject], previous: str | None) -> None:
    """One of the parts of the page: versions with the promotions, a comparison, or a model card."""
    part = st.segmented_control(
        "Show", PARTS, default=PARTS[0], required=True, key="part", bind="query-params"
    )
    if part == "Versions":
        champion = _present(promotions)
        show_versions(versions, champion.get("version"), previous, _show_after_rerun)
        if promotions:
            show_promotions(promotions)
    elif part == "Compare two":
        show_comparison(versions)
    else:
        show_card(pick_version("Card of version", versions, index_of_champion(versions)))


def _present(promotions: list[JsonObject]) -> JsonObject:
    """The promotion that made the present champion; empty where there is none."""
    return next((promotion for promotion in promotions if promotion["champion"]), {})


def show_refused(refused: list[JsonObject]) -> None:
    """The damaged versions, which are used for nothing, with what is wrong and how to heal each."""
    for version in refused:
        text = f"{version['version']} is refused. {version['reason']} {version['remedy']}"
        st.warning(escape_markdown(text), icon=":material/broken_image:")


def _versions(model: JsonObject) -> list[JsonObject]:
    versions: list[JsonObject] = get(f"/models/{model['name']}")["versions"] if model["versions"] else []
    return versions


def show_champion(champion: JsonObject, reason: str) -> None:
    """The version that quotes prices, its errors, and the reason of its promotion."""
    with st.container(border=True):
        st.markdown(f"#### {escape_markdown(champion['model'])} quotes prices")
        st.markdown(f":small[{code(champion['version'])}] · :small[{escape_markdown(reason)}]")
        figures = {
            "Mean error": f"${champion['mae']:,.0f}",
            "Mean error, relative": f"{champion['mape']:.1%}",
            "R²": f"{champion['r2']:.4f}",
            "Prices in their interval": format_field("coverage", champion["coverage"]) or "none",
        }
        show_figures(figures, border=False)
        st.caption("Measured on the hold-out: stones that no training ever saw.")


def show_promotions(promotions: list[JsonObject]) -> None:
    """The promotions, newest first, with their reasons in full."""
    st.markdown("#### Promotions")
    history = pd.DataFrame(promotions)
    promoted = pd.to_datetime(history["promoted_at"], utc=True, format="ISO8601")
    rows = {
        "promoted (UTC)": promoted.dt.strftime("%Y-%m-%d %H:%M:%S"),
        "version": history["version"].map(escape_markdown),
        "reason": history["reason"].map(escape_markdown),
    }
    height: int | Literal["content"] = 420 if len(history) > MOST_PROMOTIONS else "content"
    st.table(pd.DataFrame(rows), hide_index=True, height=height, alt="Promotions, newest first.")


def _show_after_rerun(result: str) -> None:
    st.session_state[_RESULT] = result
