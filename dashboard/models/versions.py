"""Shows all versions as a chart and a table, with buttons to promote, roll back, download and upload."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject
from dashboard.models.charts import metric_chart
from dashboard.models.file_dialogs import offer_download, offer_upload
from dashboard.models.promotion_dialogs import confirm_acceptance, confirm_promotion, confirm_rollback
from dashboard.models.version_picker import pick_version
from dashboard.ui.session import may
from dashboard.ui.version_fields import COLUMN_CONFIG, LABELS, METRICS

_COLUMNS = [
    "role",
    "model",
    "mae",
    "behind",
    "version",
    "created_at",
    *METRICS[1:],
    "rows",
    "dataset",
    "seed",
]


def show_versions(
    versions: list[JsonObject],
    champion: str | None,
    previous: str | None,
    show_result: Callable[[str], None],
) -> None:
    """All versions with their errors, over time and as a table, and the buttons beneath.

    ``champion`` is the tag of the version that a rollback replaces by ``previous``, None where nobody was
    champion before; ``show_result`` is called with the result of a dialog.
    """
    rows = pd.DataFrame(versions)
    rows["created_at"] = pd.to_datetime(rows["created_at"], utc=True, format="ISO8601")
    metric = st.segmented_control(
        "Metric", METRICS[:4], default="mae", required=True, format_func=LABELS.__getitem__
    )
    st.altair_chart(metric_chart(rows, metric), alt=f"The {LABELS[metric]} of all versions over time.")
    st.dataframe(
        with_roles(rows)[_COLUMNS],
        hide_index=True,
        column_config=COLUMN_CONFIG,
        placeholder="",
        alt="All versions, newest first.",
    )
    st.caption("A challenger is the newest version of a model, unless it is the champion itself.")
    selected = pick_version("Version", versions)
    if may("admin"):
        with st.container(horizontal=True):
            _show_buttons(selected, champion, previous, show_result)
            _offer_acceptance(next(each for each in versions if each["version"] == selected), show_result)


def _show_buttons(
    selected: str, champion: str | None, previous: str | None, show_result: Callable[[str], None]
) -> None:
    if st.button("Promote ...", type="primary"):
        confirm_promotion(selected, show_result)
    if (
        champion
        and previous
        and st.button("Roll back ...", help=f"{previous} would quote again.".replace(":", "\\:"))
    ):
        confirm_rollback(champion, previous, show_result)
    if st.button("Download ...", icon=":material/download:"):
        offer_download(selected)
    if st.button("Upload ...", icon=":material/upload:"):
        offer_upload(show_result)


def _offer_acceptance(version: JsonObject, show_result: Callable[[str], None]) -> None:
    if not version["accepted"] and st.button("Accept ...", icon=":material/verified:"):
        confirm_acceptance(version["version"], version["model"], show_result)


def with_roles(versions: pd.DataFrame) -> pd.DataFrame:
    """The versions, newest first, with the role of each and how far its error is from the champion's.

    The distance is known where both were judged on the same data.
    """
    is_champion = versions["champion"]
    is_newest = ~versions["model"].duplicated()
    roles = is_newest.map({True: "challenger", False: ""}).mask(is_champion, "★ champion")
    behind = pd.Series(float("nan"), versions.index)
    if is_champion.any():
        champion = versions[is_champion].iloc[0]
        comparable = (versions["dataset"] == champion["dataset"]) & ~is_champion
        behind = (versions["mae"] - champion["mae"]).where(comparable)
    return versions.assign(role=roles, behind=behind)
