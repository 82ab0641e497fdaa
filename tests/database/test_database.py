"""The embedded Postgres starts and stops with its users, and migrations create the schema of the tables."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from diamonds.database import engine, migrate, newest_revision, with_driver
from diamonds.database.migrate import _config
from diamonds.exchanges.database import tables as exchanges
from diamonds.keys import tables as keys

USE = "from diamonds.database import engine, migrate; migrate(); print('up', flush=True); {then}"
INDEXES = sa.text(
    "SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes "
    "WHERE schemaname = :schema AND tablename = ANY(:tables) ORDER BY indexname"
)


def start_user(home: Path, then: str = "input()") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", USE.format(then=then)],
        env={**os.environ, "DIAMONDS_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=60)


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))


def is_up(server: psutil.Process) -> bool:
    """Whether it runs; in a container without an init, processes that have ended remain as zombies."""
    return bool(server.is_running() and server.status() != psutil.STATUS_ZOMBIE)


def test_processes_share_one_server_which_the_last_of_them_stops(tmp_path: Path) -> None:
    first, second = start_user(tmp_path), start_user(tmp_path)
    server = postmaster(tmp_path)
    end(first)
    assert is_up(server)
    end(second)
    assert not is_up(server)


def test_a_killed_user_neither_keeps_the_server_running_nor_breaks_the_next_start(tmp_path: Path) -> None:
    killed = start_user(tmp_path)
    server = postmaster(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    successor = start_user(tmp_path)
    assert postmaster(tmp_path) == server
    end(successor)
    assert not is_up(server)


@pytest.mark.parametrize("reused_pid", [os.getpid(), -os.getpid()], ids=["server", "initdb"])
def test_stale_files_of_a_killed_server_do_not_break_the_next_start(tmp_path: Path, reused_pid: int) -> None:
    killed = start_user(tmp_path)
    server = postmaster(tmp_path)
    children = server.children()
    server.kill()
    killed.kill()
    killed.communicate()
    psutil.wait_procs(children, timeout=60)
    pid_file = tmp_path / "postgres" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(reused_pid), 1))
    (tmp_path / "postgres" / ".handle_pids.json").write_text("[12, ")
    end(start_user(tmp_path))


def test_a_server_that_was_killed_is_started_again_by_the_next_connection(tmp_path: Path) -> None:
    again = "input(); print(engine().connect().exec_driver_sql('select 1').scalar(), flush=True); input()"
    user = start_user(tmp_path, again)
    server = postmaster(tmp_path)
    children = server.children()
    server.kill()
    psutil.wait_procs([server, *children], timeout=60)
    output, _ = user.communicate("\n\n", timeout=60)
    assert output == "1\n"


def test_processes_that_migrate_at_once_do_not_disturb_one_another() -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate) for _ in range(4)]:
            done.result()


def test_files_of_migrations_begin_with_their_revisions() -> None:
    script = ScriptDirectory.from_config(_config())
    newest, *others = script.walk_revisions()

    assert newest.revision == newest_revision()
    for revision in (newest, *others):
        assert Path(revision.path).name.startswith(f"{revision.revision}_")


both = pytest.mark.parametrize("metadata", [exchanges.metadata, keys.metadata], ids=["exchanges", "keys"])


@both
def test_the_migrations_create_exactly_the_tables_that_the_code_uses(metadata: sa.MetaData) -> None:
    migrate()
    with engine().connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                # Partitions are created and dropped by month, and Optuna has tables of its own.
                "include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables
            },
        )
        assert compare_metadata(context, metadata) == []


@both
def test_the_migrations_create_exactly_the_indexes_that_the_code_uses(metadata: sa.MetaData) -> None:
    """With expressions, order and predicates, which alembic's comparison leaves out."""
    migrate()
    with engine().connect() as connection, connection.begin() as transaction:
        connection.execute(sa.schema.CreateSchema("expected"))
        metadata.create_all(connection.execution_options(schema_translate_map={None: "expected"}))
        migrated, expected = (
            connection.scalars(INDEXES, {"schema": schema, "tables": [*metadata.tables]}).all()
            for schema in ("public", "expected")
        )
        transaction.rollback()
    assert migrated == expected


def test_optuna_creates_its_tables_beside_ours(tmp_path: Path) -> None:
    study = "import optuna; optuna.storages.RDBStorage(str(engine().url)); print('made', flush=True)"
    output, _ = start_user(tmp_path, study).communicate(timeout=60)
    assert output == "made\n"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ann:pw@db:5432/d",
        "postgresql://ann:pw@db:5432/d",
        "postgresql+asyncpg://ann:pw@db:5432/d",
        "postgresql+psycopg2://ann:pw@db:5432/d",
    ],
)
def test_a_postgres_url_with_any_driver_is_valid(url: str) -> None:
    assert sa.make_url(with_driver(url)).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize("url", ["sqlite:///x.db", "localhost"])
def test_a_url_of_anything_else_is_an_error_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="expected a Postgres, such as postgresql://"):
        with_driver(url)
