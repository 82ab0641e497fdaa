"""What commands print as JSON is JSON, whatever they computed."""

import json
from datetime import UTC, datetime

import pytest

from diamonds.cli.output import print_json


def test_a_number_that_json_does_not_have_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        {"rows": [{"mape": float("nan"), "day": datetime(2026, 1, 31, tzinfo=UTC)}, (float("inf"), 1)]}
    )

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(capsys.readouterr().out, parse_constant=refuse) == {
        "rows": [{"mape": None, "day": "2026-01-31T00:00:00+00:00"}, [None, 1]]
    }
