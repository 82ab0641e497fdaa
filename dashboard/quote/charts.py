"""Charts of a quote: the waterfall of its reasons, and its price among similar stones."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.ui.chart_order import AS_GIVEN, ranked
from dashboard.ui.colors import CYAN, GRAY, ORANGE, RED
from dashboard.ui.text import format_amount

_TEXT_GRAY = "#7b8794"


def waterfall(base: float, contributions: Sequence[dict[str, Any]], price: float, currency: str) -> Any:
    """From the base price to the quoted one, a bar for what each feature adds or takes off."""
    ends = [base]
    for each in contributions:
        ends.append(ends[-1] + each["usd"])
    rows = [
        {"label": "usual stone", "from": 0.0, "to": base, "usd": base, "kind": "total"},
        *(
            {
                "label": _label(each),
                "from": start,
                "to": end,
                "usd": each["usd"],
                "kind": "adds" if each["usd"] >= 0 else "takes off",
            }
            for each, start, end in zip(contributions, ends, ends[1:], strict=False)
        ),
        {"label": "this stone", "from": 0.0, "to": price, "usd": price, "kind": "total"},
    ]
    return _bars(ranked(pd.DataFrame(rows)), currency)


def _label(contribution: dict[str, Any]) -> str:
    return f"{contribution['feature']} {contribution['value']}"


def _format(currency: str, decimals: int = 0) -> str:
    """How charts write an amount."""
    return f"{'$' if currency == 'USD' else ''},.{decimals}f"


def _bars(steps: pd.DataFrame, currency: str) -> Any:
    color = _color_by_kind(["adds", "takes off", "total"], [ORANGE, CYAN, GRAY])
    order = alt.Y("label:N", sort=AS_GIVEN, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False))
    amount = alt.Tooltip("usd:Q", title=currency, format=f"+{_format(currency, 2)}")
    bars = (
        alt.Chart(steps)
        .mark_bar(cornerRadius=2)
        .encode(
            y=order,
            x=alt.X("from:Q", title=currency, axis=alt.Axis(format=_format(currency), tickCount=6)),
            x2="to:Q",
            color=color,
            tooltip=["label", amount],
        )
    )
    texts = (
        alt.Chart(steps.assign(right=steps[["from", "to"]].max(axis=1), text=_amounts(steps, currency)))
        .mark_text(align="left", dx=4, fontSize=12)
        .encode(y=order, x="right:Q", text="text:N", color=alt.value(_TEXT_GRAY))
    )
    return (bars + texts).properties(height=26 * len(steps) + 110)


def _amounts(steps: pd.DataFrame, currency: str) -> "pd.Series[str]":
    """The amounts as text, with a sign unless they are totals."""
    signs = steps["kind"].map({"total": ""}).fillna(steps["usd"].map(lambda usd: "+" if usd >= 0 else "-"))
    return signs + steps["usd"].map(lambda amount: format_amount(abs(amount), currency))


def _price_axes(currency: str) -> dict[str, Any]:
    weight = alt.Axis(tickCount=6)
    return {
        "x": alt.X("carat:Q", title="Carat", scale=alt.Scale(zero=False, padding=12), axis=weight),
        "y": alt.Y(
            "price:Q",
            title=f"Price in {currency}",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(format=_format(currency), tickCount=6),
        ),
    }


def price_against_carat(sold: pd.DataFrame, carat: float, quote: dict[str, Any]) -> Any:
    """The sold stones as points, and the quoted one among them with its interval."""
    color = _color_by_kind(["sold", "this stone"], [CYAN, RED])
    axes = _price_axes(quote["currency"])
    tooltip = ["carat", alt.Tooltip("price", format=_format(quote["currency"])), "depth", "table"]
    points = alt.Chart(sold.assign(kind="sold")).mark_circle(size=80, opacity=0.7)
    usd = {name: quote.get(name) for name in ("price", "low", "high")}
    quoted = alt.Chart(pd.DataFrame([{"carat": carat, "kind": "this stone", **usd}]))
    layers = [
        points.encode(**axes, color=color, tooltip=tooltip),
        quoted.mark_point(shape="diamond", size=260, filled=True).encode(**axes, color=color),
    ]
    if quote.get("low") is not None:
        interval = quoted.mark_rule(strokeWidth=3)
        layers.insert(1, interval.encode(x=axes["x"], y="low:Q", y2="high:Q", color=color))
    return alt.layer(*layers).properties(height=320)


def _color_by_kind(kinds: list[str], colors: list[str]) -> alt.Color:
    return alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=colors),
        legend=alt.Legend(title=None, orient="top"),
    )
