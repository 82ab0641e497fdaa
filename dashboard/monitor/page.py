"""The page *Monitor*: live accuracy, drift, alarms and what followed, and the switches."""

import pandas as pd
import streamlit as st

from dashboard.clients.api import JsonObject, get
from dashboard.monitor.charts import accuracy_chart, drift_charts
from dashboard.monitor.switches import show_switches
from dashboard.ui.errors import show_errors
from dashboard.ui.figures import show_figures
from dashboard.ui.session import may
from dashboard.ui.text import code, counted, escape_markdown

CHART_PIXELS = 230
_REPORTS = 50
_MOST_ROWS = 8
_VERBS = {True: "pause", False: "resume"}


def monitor_page() -> None:
    """Draws the page."""
    st.title("Monitor")
    show_monitor()


@show_errors()
def show_monitor() -> None:
    """The newest report, what earlier ones led to, and the switches."""
    found = get("/monitor", limit=_REPORTS)
    for switch in found["paused"]:
        change = next(each for each in found["switches"] if each["switch"] == switch)
        st.warning(
            f"The {switch} is paused by {escape_markdown(change['by'])}: {escape_markdown(change['reason'])}",
            icon=":material/pause:",
        )
    if found["reports"]:
        show_report(found["reports"][0], found["champions"])
        show_timeline(found)
    else:
        st.info(
            "There is no report yet. The flow *monitor* makes one every hour, `diamonds monitor` at once."
        )
    if may("admin"):
        show_switches(found["paused"])


def show_report(report: JsonObject, champions: list[JsonObject]) -> None:
    """One report: the next step, the figures of the champion, and its charts."""
    st.markdown(
        f"{code(report['champion'])} · :small[report of {report['made_at'][:16].replace('T', ' ')} UTC]"
    )
    for alarm in report["alarms"]:
        show_alarm(alarm)
    st.markdown(f"**Next:** {escape_markdown(report['step']['text'])}")
    show_accuracy(report)
    if report["days"]:
        st.altair_chart(accuracy_chart(report["days"], champions), width="stretch")
    show_drift(report["windows"])
    if report["slices"]:
        st.markdown("#### By slice, last 30 days")
        st.dataframe(_table(report["slices"]), hide_index=True)


def show_drift(windows: list[JsonObject]) -> None:
    """A small chart of the drift of each column, as many in a row as there is room for."""
    charts = drift_charts(windows)
    if not charts:
        return
    st.markdown("#### Drift")
    st.caption(
        "Each column against the champion's stones, by window: 1 is what 95% of usual windows stay below. "
        "Red: it drifts."
    )
    with st.container(horizontal=True):
        for column, chart in charts.items():
            st.altair_chart(chart, width=CHART_PIXELS, alt=f"Drift of {column} by window.")


def show_alarm(alarm: JsonObject) -> None:
    """One alarm, with links to exchanges that show it."""
    examples = (alarm["change"] or {}).get("examples", [])
    links = " · ".join(f"[{each[:8]}](/exchanges?id={each})" for each in examples)
    st.error(
        escape_markdown(alarm["text"]) + (f"\n\nExchanges: {links}" if links else ""), icon=":material/error:"
    )


def show_accuracy(report: JsonObject) -> None:
    """The live accuracy of the champion, and the estimated error of quotes that are not sold."""
    found = report["last_7_days"] or report["last_30_days"]
    estimated = report["estimated"]
    figures = {"Estimated error of the newest quotes": f"${estimated['mae_usd']:,.0f}"} if estimated else {}
    if found:
        live = {
            "Live mean error": f"${found['mae_usd']['value']:,.0f}",
            "Relative": f"{found['mape']['value']:.1%}",
            "Bias": f"{found['bias']['value']:+.1%}",
        }
        coverage = found["coverage"]
        covered = {"Sales in their interval": f"{coverage['value']:.1%}"} if coverage else {}
        figures = {**live, **covered, **figures}
        st.caption(f"On {counted(found['stones'], 'sale')}. Stones that sell are not stones that are quoted.")
    show_figures(figures | _price_changes(report))


def _price_changes(report: JsonObject) -> dict[str, str]:
    """How much of the change of prices is mix, and how much is market, as far as the report knows."""
    changes = report.get("prices") or {}
    labels = {"mix": "Prices, by other stones", "market": "Prices, by the market"}
    return {label: f"{changes[key]:+.1%}" for key, label in labels.items() if changes.get(key) is not None}


def show_timeline(found: JsonObject) -> None:
    """Alarms, what followed from them, promotions and switches: newest first."""
    events = [
        *((each["made_at"], "alarm", alarm["text"]) for each in found["reports"] for alarm in each["alarms"]),
        *(
            (each["made_at"], each["step"]["kind"], each["step"]["text"])
            for each in found["reports"]
            if each["step"]["kind"] != "nothing"
        ),
        *((each["promoted_at"], "promotion", each["reason"]) for each in found["champions"]),
        *(
            (
                each["at"],
                "pause" if each["paused"] else "resume",
                f"{each['switch']}, {each['by']}: {each['reason']}",
            )
            for each in found["switches"]
        ),
    ]
    rows = pd.DataFrame(sorted(events, reverse=True), columns=["at (UTC)", "what", "details"])
    rows["at (UTC)"] = rows["at (UTC)"].str[:16].str.replace("T", " ")
    rows["details"] = rows["details"].map(escape_markdown)
    st.markdown("#### What happened")
    st.table(
        rows, hide_index=True, height=420 if len(rows) > 8 else "content", alt="What happened, newest first."
    )


def _table(named: list[JsonObject]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "slice": each["name"],
            "sales": each["accuracy"]["stones"],
            "MAE (USD)": round(each["accuracy"]["mae_usd"]["value"]),
            "off by (%)": round(100 * each["accuracy"]["mape"]["value"], 1),
            "bias (%)": round(100 * each["accuracy"]["bias"]["value"], 1),
        }
        for each in named
    )
