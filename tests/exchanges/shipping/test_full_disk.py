"""A full disk, of a home on a small one: few lines in the log, no SQL, and room again once there is some."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from diamonds.settings import PROJECT
from tests.disks import mounted

SHIP = """
import logging, shutil, time
import sqlalchemy as sa
from diamonds.database import LEAST_FREE_BYTES, engine, migrate, release
from diamonds.exchanges.shipping.shipper import Shipper
from diamonds.settings import settings
from tests.exchanges.conversations import append_exchanges, make_journal, make_request
from tests.processes import wait_until

logging.basicConfig(format="%(message)s")
home = settings().home
problems = []
migrate()
journal = make_journal(home / "journal", segment_bytes=50_000)
shipper = Shipper(journal.folder, problems.append)
shipper.start()
append_exchanges(journal, 100)

def rows():
    with engine().connect() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM exchanges"))

def size():
    return sum(file.stat().st_size for file in journal.folder.iterdir())

wait_until(lambda: rows() == 100)
with (home / "ballast").open("wb") as ballast:
    while (free := shutil.disk_usage(home).free) > LEAST_FREE_BYTES * 3 // 4:
        ballast.write(bytes(min(free - LEAST_FREE_BYTES // 2, 1 << 20)))
        ballast.flush()
journal.append(make_request(10**6).frame())  # whose response is never written
append_exchanges(journal, 4000)
time.sleep(5)
print("full", problems, rows(), size() > 1_000_000)
(home / "ballast").unlink()
wait_until(lambda: rows() == 4100)
wait_until(lambda: size() < 4 * 50_000)
print("room", problems[-1])
shipper.stop(20)
journal.close()
print("end", rows(), list((home / "journal").iterdir()))
release()
"""


@pytest.fixture
def small_home(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "home", "-t", "tmpfs", "-o", "size=250m", "tmpfs") as home:
        yield home


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_was_shipped_then_leaves_it(small_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHIP],
        cwd=PROJECT,
        env={**os.environ, "DIAMONDS_HOME": str(small_home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    full, room, end = done.stdout.splitlines()
    problem = "the disk of the embedded Postgres is full: less than 32 MiB are free"
    assert full == f"full ['{problem}'] 100 True"
    assert (room, end) == ("room None", "end 4101 []")
    assert done.stderr == f"Exchanges wait in the journal: {problem}\n"
    assert "INSERT" not in (small_home / "postgres" / "log").read_text()
