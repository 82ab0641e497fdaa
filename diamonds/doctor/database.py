"""Checks the Postgres database, without starting or migrating it."""

from collections.abc import Iterator
from pathlib import Path

from diamonds.database.postgres import DidNotStart, check_files, programs
from diamonds.database.postmaster import running_postmaster
from diamonds.doctor.finding import Finding, right, wrong
from diamonds.settings import settings


def check_database() -> Iterator[Finding]:
    """Whether the configured server responds, or the embedded one can run."""
    if settings().database_url is not None:
        yield _configured()
        return
    folder = settings().home.resolve() / "postgres"
    running = running_postmaster(folder)
    if running is not None:
        state = "runs" if running.is_ready else "starts, and recovers what was written before it was killed"
        yield right("database", f"The embedded Postgres {state}, as process {running.process.pid}")
    else:
        yield _stopped(folder)


def _stopped(folder: Path) -> Finding:
    try:
        check_files(folder)
        found = (programs() / "postgres").exists()
    except DidNotStart as error:
        return wrong("database", str(error))
    if found:
        return right("database", "The embedded Postgres does not run now; the next start brings it")
    return wrong("database", f"{programs()} has no Postgres for this machine; set DIAMONDS_DATABASE_URL")


def _configured() -> Finding:
    from diamonds.database import DatabaseUnavailable, engine

    try:
        with engine().connect() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    except (*DatabaseUnavailable, ValueError) as error:
        reason = " ".join(str(getattr(error, "orig", error)).split())
        return wrong("database", f"The server of DIAMONDS_DATABASE_URL does not respond: {reason}")
    return right("database", f"The server of DIAMONDS_DATABASE_URL responds: Postgres {version}")
