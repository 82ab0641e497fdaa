"""What the monitoring found, and its switches, over HTTP."""

from datetime import UTC, datetime

import httpx
import pytest

from diamonds.exchanges.database.reports import save_report
from diamonds.versions.version import Version
from tests.bento_service.http.test_app import assert_error
from tests.bento_service.serving import Running

pytestmark = pytest.mark.usefixtures("switches_resumed")


def test_the_newest_reports_come_with_switches_and_reigns(client: httpx.Client, xgboost: Version) -> None:
    for number in range(3):
        save_report(datetime.now(UTC), {"champion": xgboost.tag, "number": number, "share": float("nan")})
    answer = client.get("/monitor", params={"limit": 2})
    assert answer.status_code == 200
    assert [each["number"] for each in answer.json()["reports"]] == [2, 1]
    assert answer.json()["reports"][0]["share"] is None
    assert answer.json()["champions"][0]["version"] == xgboost.tag
    assert answer.json()["paused"] == []


def test_a_pause_of_promotions_is_honoured_and_stays_in_the_history(
    client: httpx.Client, linear: Version
) -> None:
    change = {"switch": "promotion", "paused": True, "reason": "Audit."}
    paused = client.post("/monitor/switches", json=change)
    assert paused.status_code == 200
    assert paused.json()["by"] == "admin.key"
    refused = client.post("/promotions", json={"version": linear.tag})
    assert refused.json()["promoted"] is False
    assert "paused the promotion" in refused.json()["reason"]
    assert client.get("/monitor").json()["paused"] == ["promotion"]
    client.post("/monitor/switches", json={**change, "paused": False})
    newest = client.get("/monitor").json()["switches"][:2]
    assert [(each["paused"], each["reason"]) for each in newest] == [(False, "Audit."), (True, "Audit.")]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"switch": "all", "paused": True, "reason": "x"}, "Got switch='all'; expected"),
        ({"switch": "loop", "paused": 1, "reason": "x"}, "Got paused=1; expected true or false"),
        ({"switch": "loop", "paused": True, "reason": ""}, "Got reason=''; expected at least 1 characters"),
        ({"switch": "loop", "paused": True}, "`reason` is missing"),
    ],
)
def test_a_wrong_change_is_a_400(client: httpx.Client, body: dict[str, object], says: str) -> None:
    answer = client.post("/monitor/switches", json=body)
    assert answer.status_code == 400
    assert_error(answer, "invalid_input", says)


def test_it_needs_a_key(service: Running) -> None:
    with service.stranger() as stranger:
        assert stranger.get("/monitor").status_code == 401
        assert stranger.post("/monitor/switches", json={}).status_code == 401
