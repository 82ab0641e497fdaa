"""A disk that fails to flush the journal: it is reported, answers go on, and frames are written again."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from diamonds.exchanges.frames import Response, decode_frame
from diamonds.settings import PROJECT
from tests import fresh_connections
from tests.bento_service.recorded_service import serving
from tests.faults.conftest import Scene
from tests.faults.load import SEED, load
from tests.faults.test_faults import judge, metric, ready_answers
from tests.faults.test_power_cut import NOWHERE, SYNCED
from tests.processes import wait_until

UNSAFE = "not safe from a power cut"


def failing_disk(fails: Path) -> Mapping[str, str]:
    """The environment of processes whose disk fails as long as that file exists."""
    folders = (str(PROJECT / "tests" / "faults" / "failing_disk"), str(PROJECT))
    return {"PYTHONPATH": os.pathsep.join(folders), "DISK_FAILS": str(fails), **SYNCED}


def answer_ids(url: str, count: int = 10) -> set[str]:
    answers = [fresh_connections.post(f"{url}/predict") for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return {answer.headers["X-Exchange-Id"] for answer in answers}


def answered_in(segment: Path) -> set[str]:
    """The ids of the exchanges whose responses are in a segment."""
    data, end, ids = segment.read_bytes(), 0, set()
    while end < len(data):
        message, end = decode_frame(data, end)
        if isinstance(message, Response):
            ids.add(message.id)
    return ids


def test_what_a_failed_flush_may_have_lost_is_written_again_elsewhere(tmp_path: Path) -> None:
    fails = tmp_path / "fails"
    environment = {**failing_disk(fails), "DIAMONDS_HOME": str(tmp_path), "DIAMONDS_DATABASE_URL": NOWHERE}
    with serving(tmp_path / "log", environment) as url:

        def state() -> str:
            return fresh_connections.get(f"{url}/readyz").headers["X-Recording"]

        answer_ids(url)
        fails.touch()
        ids = answer_ids(url)
        assert UNSAFE in state()
        fails.unlink()
        wait_until(lambda: UNSAFE not in state())
        ids |= answer_ids(url)
        _lost, *later = sorted((tmp_path / "journal").glob("*/*.frames"))
        assert ids <= set().union(*map(answered_in, later))


@pytest.mark.slow
def test_no_exchange_is_lost_or_doubled_when_the_disk_fails_to_flush(scene: Scene) -> None:
    fails = scene.folder / "fails"
    with scene.service(**failing_disk(fails)) as running:
        with load(running.url, SEED) as clients:
            for _ in range(3):
                fails.touch()
                wait_until(lambda: UNSAFE in states(running.url))
                assert metric(running.url, "unsynced") > 0
                fails.unlink()
                wait_until(lambda: UNSAFE not in states(running.url))
        wait_until(lambda: metric(running.url, "unsynced") == 0)
        assert metric(running.url, "sync_failed_total") >= 3
        assert {seen.status for seen in clients.seen} == {200, 400}
        judge("the disk fails to flush", clients, scene)


def states(url: str) -> str:
    return "; ".join(ready.headers["X-Recording"] for ready in ready_answers(url))
