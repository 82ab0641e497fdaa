"""The page *Monitor*: what was found, what followed, and the switches."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from diamonds.exchanges.database.reports import save_report
from tests.dashboard.conftest import Stack, shoot

COLUMNS = ("carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z", "quoted price")
ALARM = "Clarity drifts since 2026-11-20 00:00 UTC: clarity VVS1 is now 14.0% instead of 7.0%."


def estimate(value: float) -> dict[str, float]:
    return {"value": value, "low": value * 0.9, "high": value * 1.1}


def report(champion: str, now: datetime) -> dict[str, object]:
    accuracy = {
        "stones": 812,
        "mae_usd": estimate(271.0),
        "mape": estimate(0.064),
        "bias": estimate(0.011),
        "within_10_percent": estimate(0.8),
        "coverage": estimate(0.897),
    }
    days = [now - timedelta(days=age) for age in range(10, 0, -1)]
    findings = {"stones": 1000, "size": 0.03, "usual": 0.04, "p": 0.4}
    drifted = {"size": 0.1, "p": 0.001}
    windows = [
        {
            "since": day.isoformat(),
            "until": (day + timedelta(days=1)).isoformat(),
            "calls": 4321,
            "findings": [
                {**findings, "column": name, "drifted": name == "clarity" and day > days[5]}
                | (drifted if name == "clarity" and day > days[5] else {})
                for name in COLUMNS
            ],
        }
        for day in days
    ]
    change = {"stones": {}, "clients": [], "examples": ["0199e5c2-0000-7000-8000-000000000000"]}
    alarm = {"kind": "drift", "subject": "clarity", "since": now, "text": ALARM, "change": change}
    return {
        "made_at": now,
        "champion": champion,
        "last_7_days": accuracy,
        "last_30_days": accuracy,
        "days": [{"name": f"{day:%Y-%m-%d}", "accuracy": accuracy} for day in days],
        "slices": [{"name": "cut Ideal", "accuracy": accuracy}],
        "estimated": {"mae_usd": 245.0, "low_usd": 210.0, "high_usd": 280.0, "stones": 980},
        "windows": windows,
        "alarms": [alarm],
        "step": {"kind": "train", "text": "A training is started.", "events": []},
    }


def test_the_newest_report_is_shown_and_a_switch_pauses_promotions_with_a_reason(
    page: Page, stack: Stack
) -> None:
    save_report(datetime.now(UTC), report(stack.champion(), datetime.now(UTC)))
    page.goto(f"{stack.dashboard}/monitor")

    expect(page.get_by_text(ALARM).first).to_be_visible()
    expect(page.get_by_text("A training is started.").first).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text("$271")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1 + len(COLUMNS))
    expect(page.get_by_role("link", name="0199e5c2")).to_be_visible()
    shoot(page, "monitor")

    page.get_by_role("button", name="Pause the promotion ...").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Reason").fill("Audit.")
    dialog.get_by_role("textbox", name="Reason").press("Enter")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("The promotion is paused by")).to_be_visible()
    assert stack.api.get("/monitor").json()["paused"] == ["promotion"]
    change = {"switch": "promotion", "paused": False, "reason": "Done."}
    assert stack.api.post("/monitor/switches", json=change).status_code == 200
