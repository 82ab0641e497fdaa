"""Fields that are masked: their values are in no table, file or log, whatever is made of the request."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from diamonds.database import embedded, engine
from diamonds.exchanges.database.tables import metadata
from tests import fresh_connections
from tests.bento_service.conftest import WHOLE_STONE
from tests.bento_service.recorded_service import serving as serving_recorded_app
from tests.bento_service.serving import Running, worker_serving
from tests.processes import wait_until

NUMBER, TEXT = 7.23948172, "zq-marker"
MARKERS = (b"7.23948", b"of 7.24", TEXT.encode())
"""What no place may have: the number as it is and as warnings and explanations write it, and the text."""

CALLS: dict[str, dict[str, Any]] = {
    "/predict": {**WHOLE_STONE, "model": "linear"},
    "/explain": {**WHOLE_STONE, "model": "linear"},
    "/similar": {**{name: WHOLE_STONE[name] for name in ("carat", "cut", "color", "clarity")}, "n": 3},
    "/feedback": {"exchange_id": "0199e5c2-0000-7000-8000-000000000000", "price": 2650},
    "/promotions": {"version": "diamonds-linear:none", "force": True},
    "/promotions/rollback": {"version": "diamonds-linear:none"},
}
QUERIES = {"/comparison": ("champion", "challenger")}
FIELDS = sorted({*(field for body in CALLS.values() for field in body), *QUERIES["/comparison"]})
VALUES: list[Any] = [
    NUMBER, -NUMBER, TEXT, f"{TEXT} and more", TEXT * 30, {"in": TEXT}, [NUMBER, TEXT], f'"{TEXT}\\',
]  # fmt: skip
"""What is right in some fields, and wrong in the others."""


@dataclass(frozen=True, slots=True)
class Masking:
    """A service that masks some fields, with a home and a database of its own."""

    running: Running
    home: Path
    fields: list[str]

    @property
    def engine(self) -> sa.Engine:
        return sa.create_engine(embedded.start(self.home / "postgres", engine().driver))

    def cells(self) -> Iterator[bytes]:
        """All that is in its tables."""
        with self.engine.connect() as connection:
            for table in metadata.sorted_tables:
                for row in connection.execute(sa.select(table)):
                    yield from (
                        bytes(cell) if isinstance(cell, memoryview) else repr(cell).encode() for cell in row
                    )

    def contents(self) -> Iterator[bytes]:
        """All that is in its files, and in the log."""
        for path in [*self.home.rglob("*"), self.running.log]:
            if path.is_file() and not path.is_symlink():
                yield path.read_bytes()


@pytest.fixture(scope="module", params=[0, 1], ids=["every other field", "the others"])
def masking(
    service: Running, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Masking]:
    folder = tmp_path_factory.mktemp("masking")
    home, fields = folder / "home", FIELDS[request.param :: 2]
    (folder / "models").symlink_to(Path(os.environ["BENTOML_HOME"]) / "models")
    environment = {
        "BENTOML_HOME": str(folder),
        "DIAMONDS_HOME": str(home),
        "DIAMONDS_MASKED_FIELDS": json.dumps(fields),
    }
    with worker_serving(folder / "log", environment=environment, until="/readyz") as running:
        yield Masking(running, home, fields)
        embedded.release(home / "postgres")


@pytest.mark.slow
def test_no_masked_value_is_in_any_table_file_or_log(masking: Masking) -> None:
    with masking.running.client() as client:
        client.get("/exchanges").raise_for_status()
        with masking.engine.begin() as connection:  # some are refused, with their row in the reason
            connection.exec_driver_sql(REFUSE_EXPLANATIONS)
        count = sum(1 for _ in answers(client, masking.fields))
        wait_until(lambda: arrived(masking) == count, details=lambda: f"{arrived(masking)} of {count}")
    places = [*masking.cells(), *masking.contents()]
    assert any(b"***" in place for place in places)
    assert [place[:2000] for place in places if any(marker in place for marker in MARKERS)] == []


REFUSE_EXPLANATIONS = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no room for %%', NEW USING ERRCODE = '23514'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON exchanges FOR EACH ROW WHEN (NEW.path = '/explain' AND NEW.query <> '')
EXECUTE FUNCTION refuse()
"""


def answers(client: httpx.Client, fields: list[str]) -> Iterator[httpx.Response]:
    """The answers to calls that each have a marker in one masked field, and to broken ones."""
    for path, body in CALLS.items():
        for field in sorted(body.keys() & set(fields)):
            for value in VALUES:
                yield client.post(path, json={**body, field: value})
            yield client.post(
                "/predict_batch", json={"diamonds": [WHOLE_STONE, {**WHOLE_STONE, field: TEXT}]}
            )
            yield client.post(path, content=json.dumps({**body, field: TEXT})[:-1])
            yield client.post(f"{path}?{field}={TEXT}", json={**body, "of no use": 1, field: TEXT})
    for path, names in QUERIES.items():
        for name in sorted(set(names) & set(fields)):
            yield client.get(path, params={**dict.fromkeys(names, "diamonds-linear:none"), name: TEXT})


def arrived(masking: Masking) -> int:
    with masking.engine.connect() as connection:
        count: Any = connection.exec_driver_sql(
            "SELECT (SELECT count(*) FROM exchanges) + (SELECT count(*) FROM dead_letters)"
        ).scalar()
    return int(count)


def test_an_error_of_ours_that_quotes_a_masked_field_is_logged_without_its_message(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving_recorded_app(log, {"DIAMONDS_MASKED_FIELDS": '["name"]'}) as url:
        assert fresh_connections.post(f"{url}/fail/quoting", json={"name": TEXT}).status_code == 500
        wait_until(lambda: "RuntimeError" in log.read_text())
    assert "in fail_quoting" in log.read_text()
    assert TEXT not in log.read_text()


def test_an_error_of_ours_is_logged_with_its_message_where_nothing_is_masked(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving_recorded_app(log, {}) as url:
        assert fresh_connections.post(f"{url}/fail/quoting", json={"name": TEXT}).status_code == 500
        wait_until(lambda: "RuntimeError: as the test wants" in log.read_text())
