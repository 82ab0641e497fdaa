"""Records that no simulation would write: absurd times and prices, lost versions, hardly any sale."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard.monitor.charts import accuracy_chart, drift_charts
from diamonds.cli.app import app
from diamonds.database import engine
from diamonds.dataset import Dataset
from diamonds.exchanges.database.reports import newest_reports, save_report
from diamonds.exchanges.database.sales import Sale, store_sales
from diamonds.monitoring.accuracy import accuracy
from diamonds.monitoring.adaptive_intervals import adapted
from diamonds.monitoring.drift import GRADE, MEASURE, Column, Reference
from diamonds.monitoring.loop import monitor
from diamonds.monitoring.markdown import markdown_of
from diamonds.monitoring.market import Market
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store
from diamonds.versions.version import Version

pytestmark = pytest.mark.usefixtures("empty_database")

NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
GIVEN_BY = UUID("019ab9d8-3c3e-7c02-a5c9-2f3f0f1c7d11")


@pytest.fixture
def sales(xgboost: Version, real_dataset: Dataset) -> pd.DataFrame:
    """What is sold of the calls of four days that are in the record."""
    store.promote(xgboost.tag, "the tests' champion")
    market = Market(real_dataset.hold_out, NOW - timedelta(days=4), calls_a_day=250)
    pricer = load_pricer(xgboost)
    return pd.concat([write_day(market, day, pricer) for day in market.days(4)], ignore_index=True)


def say(sales: pd.DataFrame, price: float, sold_at: datetime) -> None:
    rows = [Sale(UUID(each), price, sold_at) for each in sales["exchange_id"]]
    store_sales(rows, GIVEN_BY, lambda _: set())


def assert_shown(report: dict[str, Any]) -> None:
    """The command, the artifact and the page show it as it is stored."""
    assert "# Monitoring" in markdown_of(report)
    shown = CliRunner().invoke(app, ["monitor", "--last"])
    assert shown.exit_code == 0, shown.output
    if report["days"]:
        accuracy_chart(report["days"], []).to_dict()
    for chart in drift_charts(report["windows"]).values():
        chart.to_dict()


def test_absurd_times_prices_and_lost_versions_leave_the_figures_of_the_others_right(
    sales: pd.DataFrame, xgboost: Version
) -> None:
    past = sales[sales["sold_at"] < NOW]
    honest, absurd = past.iloc[40:], past.iloc[:40]
    write_sales(honest)
    before = monitor(NOW)
    say(absurd[:10], 3000.0, NOW + timedelta(days=9))
    say(absurd[10:20], 3000.0, datetime(1, 1, 2, tzinfo=UTC))
    say(absurd[20:30], 1e9, NOW - timedelta(hours=5))
    say(absurd[30:40], 0.01, NOW - timedelta(days=29))  # before its quote
    write_sales(honest)  # reported again
    with engine().begin() as connection:
        lost = "UPDATE feedback SET model_version = 'diamonds-gone:abc' WHERE exchange_id = %(id)s"
        connection.exec_driver_sql(lost, {"id": honest["exchange_id"].iloc[0]})
    report = monitor(NOW)
    assert report["not_credible"] == 20
    assert report["sales"] == before["sales"] + 20
    assert report["last_30_days"]["stones"] == before["last_30_days"]["stones"] - 1 == len(honest) - 1
    assert {each["name"] for each in report["versions"]} == {xgboost.tag, "diamonds-gone:abc"}
    assert report["alarms"] == before["alarms"] == []
    assert_shown(report)


def test_of_two_prices_of_a_quote_the_later_one_counts(sales: pd.DataFrame) -> None:
    past = sales[sales["sold_at"] < NOW]
    biases = []
    for factor in (1.0, 1.5, 1.0):
        write_sales(past.assign(price=past["price"] * factor))
        biases.append(monitor(NOW)["last_30_days"]["bias"]["value"])
    assert biases[1] < biases[0] - 0.2
    assert biases[2] == biases[0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hardly_any_sale_is_no_alarm_and_no_error(sales: pd.DataFrame, number: int) -> None:
    write_sales(sales[sales["sold_at"] < NOW].head(number))
    report = monitor(NOW)
    assert (report["last_30_days"] or {"stones": 0})["stones"] == number
    assert report["alarms"] == []
    assert_shown(report)


@pytest.mark.usefixtures("sales")
def test_a_record_before_its_first_call_is_reported_as_empty() -> None:
    report = monitor(NOW - timedelta(days=300))
    assert (report["sales"], [each["calls"] for each in report["windows"]]) == (0, [0] * 10)
    assert (report["prices"], report["estimated"], report["alarms"]) == (None, None, [])
    assert_shown(report)


def test_after_a_clock_was_set_back_the_newest_report_is_the_one_that_was_made_last() -> None:
    for number, made_at in enumerate([NOW + timedelta(days=400), NOW]):
        save_report(made_at, {"number": number})
    assert [each["number"] for each in newest_reports(2)] == [1, 0]


def test_prices_that_are_all_the_same_have_an_error_without_width() -> None:
    same = pd.DataFrame({name: [1000.0] * 40 for name in ("price", "predicted", "low", "high")})
    found = accuracy(same)
    assert (found.mae_usd.low, found.mae_usd.high, found.bias.value) == (0, 0, 0)
    assert found.coverage is not None
    assert found.coverage.value == 1
    assert accuracy(same.assign(low=np.nan, high=np.nan)).coverage is None
    assert adapted(same.assign(sold_at=NOW), 0.9).empty


@pytest.mark.parametrize("kind", [MEASURE, GRADE])
def test_a_column_of_one_value_drifts_only_where_it_becomes_another(kind: str) -> None:
    reference = Reference({"cut": Column(kind, np.full(700, 3.0))})
    (same,) = reference.compare({"cut": np.full(100, 3.0)})
    (other,) = reference.compare({"cut": np.full(100, 4.0)})
    assert (same.size, same.drifted) == (0, False)
    assert other.drifted


def test_shares_that_rounding_leaves_a_little_apart_are_no_drift() -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        values = generator.integers(0, 7, 300).astype("float64")
        (finding,) = Reference({"cut": Column(GRADE, np.tile(values, 3))}).compare({"cut": values})
        assert finding.size < 1e-6
        assert not finding.drifted
