"""A power cut: the journal's disk holds what was flushed to it, not what the kernel had in memory."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diamonds.exchanges.journal.reader import JournalReader
from tests import fresh_connections
from tests.bento_service.recorded_service import serving
from tests.disks import mounted
from tests.faults.load import Verdict
from tests.faults.report import Report

NOWHERE = "postgresql://127.0.0.1:1/nowhere"
SYNCED = {"DIAMONDS_JOURNAL_SYNC": "true"}


@pytest.mark.slow
def test_a_power_cut_takes_no_answered_exchange_from_a_journal_that_is_synced(
    tmp_path: Path, report: Report
) -> None:
    disk, found_later = tmp_path / "disk", tmp_path / "found later"
    make(disk)
    with mounted(tmp_path / "home", "-o", "loop", str(disk)) as home:
        given = {
            "DIAMONDS_HOME": str(home),
            "DIAMONDS_DATABASE_URL": NOWHERE,
            "DIAMONDS_JOURNAL_SYNC": "true",
        }
        with serving(tmp_path / "log", given) as url, ThreadPoolExecutor(4) as clients:
            answers = list(
                clients.map(lambda number: fresh_connections.post(f"{url}/predict?n={number}"), range(40))
            )
            shutil.copyfile(disk, found_later)
    with mounted(tmp_path / "again", "-o", "loop", str(found_later)) as home:
        (journal,) = (home / "journal").glob("*-*")
        kept = JournalReader(journal).read(rows=100, size=1 << 30, complete=True)
    ids, expected = [asked.id for asked, _ in kept], {answer.headers["X-Exchange-Id"] for answer in answers}
    found = len(expected.intersection(ids))
    report("a power cut", Verdict(len(answers), found, len(answers) - found, len(ids) - len(set(ids))))
    assert set(ids) == expected


def make(disk: Path) -> None:
    with disk.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("there is no mkfs.ext4 to make a disk with")
    subprocess.run(["mkfs.ext4", "-q", "-F", str(disk)], check=True)
