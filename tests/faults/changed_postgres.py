"""Faults of a Postgres that refuses, or comes back different from what it was."""

import os
import random
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

from tests.faults.conftest import Scene
from tests.faults.postgres import PASSWORD, SERVICE
from tests.processes import wait_until

CHANGED_FOR_S = 4.0
SQLSTATES = (
    *("08006", "0A000", "22000", "23514", "25006", "28000", "40001", "42501", "53100", "54000", "55P03"),
    *("57014", "58030", "P0001", "XX000"),
)
CONDITIONS = ("WHEN (mod(hashtext(NEW.query), 20) = 0)", "")
"""For some exchanges, and for all."""


def postgres_is_read_only(scene: Scene, _random: random.Random) -> None:
    scene.configure("SET default_transaction_read_only = on")
    time.sleep(CHANGED_FOR_S)
    scene.configure("RESET default_transaction_read_only")


def postgres_fails_over_to_its_standby(scene: Scene, _random: random.Random) -> None:
    before = timeline(scene)
    scene.postgres.start_standby()
    scene.configure("SET synchronous_standby_names = '*'")  # what is committed is there, too
    wait_until(lambda: scalar(scene, "SELECT sync_state FROM pg_stat_replication") == "sync")
    time.sleep(2)
    scene.postgres.fail_over()
    assert timeline(scene) != before


def the_right_to_insert_is_taken_away(scene: Scene, _random: random.Random) -> None:
    scene.sql(f"REVOKE INSERT ON exchanges FROM {SERVICE}")
    time.sleep(CHANGED_FOR_S)
    scene.sql(f"GRANT INSERT ON exchanges TO {SERVICE}")


def the_password_is_changed(scene: Scene, _random: random.Random) -> None:
    scene.sql(
        f"ALTER ROLE {SERVICE} PASSWORD 'second'",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{SERVICE}'",  # noqa: S608
    )
    time.sleep(CHANGED_FOR_S)
    scene.sql(f"ALTER ROLE {SERVICE} PASSWORD '{PASSWORD}'")


def errors_of_each_class_are_raised(scene: Scene, _random: random.Random) -> None:
    """For some exchanges, then for all; what became a dead letter is retried in the end."""
    for number, (sqlstate, condition) in enumerate(product(SQLSTATES, CONDITIONS)):
        raise_on_insert(scene, f"refuse_{number}", sqlstate, condition)
        time.sleep(0.3)
        # The table first, as who inserts locks it, too: otherwise a partition may keep its trigger.
        scene.sql(f"DROP TRIGGER refuse_{number} ON exchanges", f"DROP FUNCTION refuse_{number}")
    time.sleep(2)  # for the last ones to become dead letters
    retry_dead_letters(scene)


def raise_on_insert(scene: Scene, name: str, sqlstate: str, condition: str) -> None:
    scene.sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        f"AS 'BEGIN RAISE USING ERRCODE = ''{sqlstate}''; END'",
        f"CREATE TRIGGER {name} BEFORE INSERT ON exchanges FOR EACH ROW {condition} "
        f"EXECUTE FUNCTION {name}()",
    )


def retry_dead_letters(scene: Scene) -> None:
    diamonds = str(Path(sys.executable).with_name("diamonds"))
    environment = {**os.environ, **scene.environment()}
    subprocess.run([diamonds, "exchanges", "--refused", "--retry"], check=True, env=environment)
    wait_until(lambda: scalar(scene, "SELECT count(*) FROM dead_letters") == 0)


def timeline(scene: Scene) -> object:
    """The timeline of the write-ahead log, which a failover increases."""
    return scalar(scene, "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")


def scalar(scene: Scene, query: str) -> object:
    with scene.engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar()
