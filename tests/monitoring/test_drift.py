"""Drift is found when it is there, and quiet windows raise no alarm."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import drift as market
from diamonds.monitoring.drift import Column, Finding, Reference, Values, alarms, rounded

DAY = Finding("carat", 1000, 0.1, 0.05, 0.001, True)
QUIET = replace(DAY, drifted=False)


@pytest.mark.parametrize(
    ("drifted", "first"),
    [
        ([], None),
        ([0], None),
        ([0, 1], 0),
        ([0, 4], 0),
        ([3, 4], 3),
    ],
)
def test_an_alarm_needs_two_of_the_newest_five_windows(drifted: list[int], first: int | None) -> None:
    windows = [[DAY if number in drifted else QUIET] for number in range(5)]
    assert alarms(windows) == ({} if first is None else {"carat": first})
    older = [[QUIET] for _ in range(5)]
    assert alarms([*windows, *older]) == {}


def test_two_columns_that_drift_once_each_raise_no_alarm() -> None:
    assert alarms([[DAY], [replace(DAY, column="depth")]]) == {}


@pytest.mark.parametrize(("number", "size"), [(49, 0), (50, 50), (999, 700), (1000, 1000), (5000, 1000)])
def test_windows_are_judged_in_a_few_sizes(number: int, size: int) -> None:
    assert rounded(number) == size


def test_what_there_is_too_little_of_is_not_judged() -> None:
    compared = Reference({"carat": Column("measure", np.arange(100.0))})
    assert compared.compare({"carat": np.arange(49.0)}) == []
    assert compared.compare({"depth": np.arange(500.0)}) == []
    unknown: Values = np.full(500, np.nan)
    assert compared.compare({"carat": unknown}) == []


def test_the_usual_sizes_are_those_of_the_two_sample_test_of_kolmogorov_and_smirnov() -> None:
    generator = np.random.default_rng(0)
    compared = Reference({"carat": Column("measure", generator.normal(size=2000))})
    (finding,) = compared.compare({"carat": generator.normal(size=500)})
    assert finding.usual == pytest.approx(1.358 * np.sqrt(1 / 2000 + 1 / 500), rel=0.06)


def test_a_quiet_market_raises_no_alarm_and_each_stated_shift_is_found() -> None:
    compared, live = market.market()
    generator = np.random.default_rng(5)
    assert not market.raises_alarm(compared, live, generator)
    for name, shift in market.SHIFTS.items():
        assert market.is_found(compared, live, shift, generator), name
