"""The report of a simulated market: quiet stays quiet, and a change is found, explained and acted on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from diamonds.cli.app import app
from diamonds.dataset import Dataset
from diamonds.exchanges import exchange
from diamonds.exchanges.database.reports import newest_reports
from diamonds.monitoring.loop import TRAIN, monitor
from diamonds.monitoring.markdown import markdown_of
from diamonds.monitoring.market import BROKEN_CLIENT, Market, Shift
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import promotion, store, switches
from diamonds.versions.switches import Switch
from diamonds.versions.version import Version

pytestmark = pytest.mark.usefixtures("empty_database", "own_model_store")

NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAYS = 16
Write = Callable[[Shift], None]


@pytest.fixture
def champion(xgboost: Version, tmp_path: Path) -> Iterator[Version]:
    store.promote(xgboost.tag, "the tests' champion")
    yield xgboost
    for switch in Switch:
        switches.set_switch(switch, paused=False, by="tests", reason="")


@pytest.fixture
def write(champion: Version, real_dataset: Dataset) -> Write:
    """A function that writes two weeks of a market, whose shift happens a week before their end."""

    def write_market(shift: Shift) -> None:
        stones = pd.concat([real_dataset.training, real_dataset.hold_out])
        market = Market(stones, NOW - timedelta(days=DAYS), shift, DAYS - 7, calls_a_day=330)
        pricer = load_pricer(champion)
        sales = pd.concat([write_day(market, day, pricer) for day in market.days(DAYS)])
        write_sales(sales[sales["sold_at"] < NOW])

    return write_market


def drifted(report: dict[str, Any]) -> set[str]:
    return {alarm["subject"] for alarm in report["alarms"]}


def test_a_quiet_market_raises_no_alarm_and_its_report_says_how_the_champion_does(
    write: Write, champion: Version
) -> None:
    write(Shift.QUIET)
    report = monitor(NOW)
    assert report["alarms"] == []
    assert report["step"] == {"kind": "nothing", "text": "No alarm: nothing is to be done.", "events": []}
    assert report["champion"] == champion.tag
    assert report["sales"] == report["last_30_days"]["stones"] > 500
    assert [each["name"] for each in report["versions"]] == [champion.tag]
    assert 0.8 < report["last_30_days"]["coverage"]["value"] < 0.99
    assert abs(report["prices"]["market"]) < 0.06
    assert newest_reports(1) == [report]
    assert "No alarm" in markdown_of(report)
    shown = CliRunner().invoke(app, ["monitor", "--last"])
    assert f"{champion.tag}, champion since" in shown.output


def test_a_market_that_rose_is_found_and_starts_one_training_in_the_time_of_the_cool_down(
    write: Write,
) -> None:
    write(Shift.SUDDEN)
    report = monitor(NOW)
    assert "sale to quote" in drifted(report)
    assert report["step"]["kind"] == TRAIN
    assert "diamonds.drift.detected" in report["step"]["events"]
    assert report["prices"]["market"] == pytest.approx(0.15, abs=0.07)
    (alarm,) = [each for each in report["alarms"] if each["subject"] == "sale to quote"]
    market = f"{report['prices']['market']:+.1%} by what the same stones are sold for"
    assert market in alarm["text"]
    again = monitor(NOW + timedelta(hours=1))
    assert (again["step"]["kind"], again["step"]["events"]) == ("nothing", [])
    assert "Alarms started a training" in again["step"]["text"]
    switches.set_switch(Switch.LOOP, paused=True, by="Ann", reason="Holidays.")
    paused = monitor(NOW + timedelta(hours=30))
    assert paused["step"]["text"].startswith("Nothing is done: Ann paused the loop")


def test_a_client_with_another_unit_is_found_by_its_name_with_exchanges_to_open(write: Write) -> None:
    write(Shift.BROKEN_UNITS)
    report = monitor(NOW)
    assert {"x", "y", "z"} <= drifted(report)
    (alarm,) = [each for each in report["alarms"] if each["subject"] == "x"]
    (client, *_) = alarm["change"]["clients"]
    assert client["name"] == BROKEN_CLIENT
    assert client["share"] > 0.95
    assert BROKEN_CLIENT in alarm["text"]
    examples = alarm["change"]["examples"]
    assert len(examples) == 5
    found = exchange(examples[0])
    assert found is not None
    assert found.request_headers == {"user-agent": BROKEN_CLIENT}


def test_a_simulation_tells_what_the_loop_would_do_and_leaves_a_record_in_use_alone(
    champion: Version,
) -> None:
    simulation = ["simulate", "broken-units", "--days", "15", "--shift-day", "11", "--calls", "120"]
    result = CliRunner().invoke(app, simulation, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "from day 11 on the client bench/1.4 sends dimensions in cm" in result.output
    assert "- X drifts since" in result.output
    again = CliRunner().invoke(app, simulation)
    assert again.exit_code == 1
    assert "expected none. A simulation writes its" in again.output


@pytest.mark.usefixtures("empty_model_store")
def test_a_record_without_a_champion_has_no_report() -> None:
    result = CliRunner().invoke(app, ["monitor"])
    assert result.exit_code == 1
    assert "There is no champion to monitor yet" in result.output


def test_paused_promotions_wait_for_a_person_and_the_history_says_who_paused_them(
    champion: Version, linear: Version
) -> None:
    runner = CliRunner()
    paused = runner.invoke(app, ["pause", "promotion", "--reason", "Audit.", "--by", "Ann"])
    assert "Ann paused the promotion: Audit." in paused.output
    decision = promotion.promote(linear.tag)
    assert not decision.promote
    assert "Ann paused the promotion" in decision.reason
    assert promotion.promote(linear.tag, force=True).promote
    runner.invoke(app, ["resume", "promotion", "--by", "Bob"])
    assert [(each.by, each.paused) for each in switches.changes()[:2]] == [("Bob", False), ("Ann", True)]
    assert "paused" not in promotion.promote(champion.tag).reason
    history = " ".join(runner.invoke(app, ["history"], env={"COLUMNS": "200"}).output.split())
    assert "Ann paused the promotion: Audit." in history
    assert "Bob resumed the promotion." in history
