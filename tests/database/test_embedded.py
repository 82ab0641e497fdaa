"""The embedded Postgres on machines of all kinds: odd paths and environments, files of killed servers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from diamonds.database import postgres
from diamonds.database.postmaster import running_postmaster
from diamonds.database.socket_folder import LONGEST, socket_folder
from diamonds.owner import ForeignFolder, check_owner
from tests.database.test_database import end, is_up, postmaster, start_user

SHOW = """
from diamonds.database import engine
with engine().connect() as connection:
    print(*connection.exec_driver_sql("SELECT current_setting('TimeZone'), 'ÑÖ' ILIKE 'ñö', now()").one())
"""
STRANGE = "a b&'+%25,\"$x`é"
MISLEADING = {
    "TZ": "Asia/Tokyo",
    "LC_ALL": "xx_YY.UTF-8",
    "PGSERVICE": "nowhere",
    "PGPORT": "1",
    "PGHOSTADDR": "192.0.2.1",
    "PGOPTIONS": "-c nonsense=1",
}


def show(home: Path, variables: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW],
        env={**os.environ, "DIAMONDS_HOME": str(home), **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_strange_path_and_a_misleading_environment_change_nothing(tmp_path: Path) -> None:
    shown = show(tmp_path / STRANGE, MISLEADING)

    assert shown.startswith("UTC True ")
    assert shown.endswith("+00:00\n")
    assert running_postmaster(tmp_path / STRANGE / "postgres") is None


@pytest.mark.parametrize("name", ["x" * 120, "a,b"])
def test_a_socket_is_elsewhere_where_its_path_would_be_too_long_or_has_a_comma(
    tmp_path: Path, name: str
) -> None:
    folder = socket_folder(tmp_path / name)

    assert folder.is_dir()
    assert len(str(folder)) < LONGEST
    assert folder != socket_folder(tmp_path / "x" / name)


def test_a_socket_is_found_a_place_where_the_temporary_folder_has_a_long_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ("t" * 120)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 120)))
    folder = socket_folder(tmp_path / ("x" * 120))
    folder.rmdir()

    assert len(str(folder)) < LONGEST


def test_a_socket_is_in_the_folder_of_the_server_where_it_fits() -> None:
    assert socket_folder(Path("/x/.diamonds/postgres")) == Path("/x/.diamonds/postgres")


def test_the_server_of_another_folder_is_not_taken_for_ours_nor_stopped(tmp_path: Path) -> None:
    first, second = start_user(tmp_path / "one"), start_user(tmp_path / "two")
    other, ours = postmaster(tmp_path / "one"), postmaster(tmp_path / "two")
    second.send_signal(signal.SIGKILL)
    second.communicate()
    children = ours.children()
    ours.kill()
    psutil.wait_procs([ours, *children], timeout=60)
    pid_file = tmp_path / "two" / "postgres" / "postmaster.pid"
    lock = socket_folder(pid_file.parent) / ".s.PGSQL.5432.lock"
    for file in (pid_file, lock):
        file.write_text(file.read_text().replace(str(ours.pid), str(other.pid), 1))

    end(start_user(tmp_path / "two"))

    assert is_up(other)
    end(first)


def test_a_failed_start_is_one_sentence_with_postgres_own_reason(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    postgres.ensure_running(folder)
    postgres.stop(folder)
    (folder / "postgresql.conf").write_text("nonsense = 1\n")

    with pytest.raises(postgres.DidNotStart) as refusal:
        postgres.ensure_running(folder)

    assert "did not start: configuration file" in str(refusal.value) or "nonsense" in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_files_that_are_no_database_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").touch()

    with pytest.raises(postgres.DidNotStart, match="holds files, but no database"):
        postgres.ensure_running(tmp_path / "postgres")

    assert (tmp_path / "postgres" / "thesis.txt").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused_and_stays_theirs(tmp_path: Path) -> None:
    shutil.chown(tmp_path, user="daemon")

    with pytest.raises(ForeignFolder, match="belongs to the user daemon"):
        check_owner(tmp_path)

    assert tmp_path.owner() == "daemon"
