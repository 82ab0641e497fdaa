"""Faults of a Postgres that refuses, or comes back different from what it was."""

import os
import random
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

from tests.faults.conftest import Scene
from tests.postgres_server import PASSWORD, SERVICE
from tests.processes import wait_until

CHANGED_FOR_S = 4.0
SQLSTATES = (
    *("08006", "0A000", "22000", "23514", "25006", "28000", "40001", "42501", "53100", "54000", "55P03"),
    *("57014", "58030", "P0001", "XX000"),
)
ONE_IN = (4, 1)
"""For some exchanges, and for all."""

# One trigger for all errors: triggers that come and go while partitions are created get lost or stay.
REFUSING = (
    "CREATE TABLE IF NOT EXISTS refusing (sqlstate text, one_in integer)",
    """
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE code text;
    BEGIN
        SELECT sqlstate INTO code FROM refusing WHERE mod(hashtext(coalesce(NEW.query, '')), one_in) = 0;
        IF FOUND THEN RAISE USING ERRCODE = code; END IF;
        RETURN NEW;
    END $$""",
    "CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON exchanges FOR EACH ROW EXECUTE FUNCTION refuse()",
)


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
    scene.sql(*REFUSING)
    for sqlstate, one_in in product(SQLSTATES, ONE_IN):
        scene.sql(f"INSERT INTO refusing VALUES ('{sqlstate}', {one_in})")  # noqa: S608
        time.sleep(1.5 if one_in > 1 else 0.3)  # the one that is refused is found among others first
        scene.sql("DELETE FROM refusing")
    time.sleep(2)  # for the last ones to become dead letters
    retry_dead_letters(scene)


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
