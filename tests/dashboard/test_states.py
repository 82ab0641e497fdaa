"""The pages while something that they need is missing: each shows what to do about it."""

import re
import sys
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from diamonds.settings import settings
from tests.bento_service.serving import worker_serving

PAGES = ("quote", "batch", "sales", "train", "models", "exchanges")
NOWHERE = "http://127.0.0.1:9"
NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"
PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts ``__main__`` back, in whose place AppTest puts its script: spawned processes would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def draw(page: str) -> None:
    import importlib

    getattr(importlib.import_module(f"dashboard.{page}.page"), f"{page}_page")()


def text_of(page: str, **query: str) -> str:
    """All text of a page."""
    app = AppTest.from_function(draw, args=(page,), default_timeout=PATIENCE_SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    markdown = " ".join(str(each.value) for each in (*app.error, *app.warning, *app.info, *app.markdown))
    return re.sub(r"\\([!-/:-@\[-`{-~])|\u2060", r"\1", markdown)  # as it is shown


@pytest.fixture(scope="module")
def bare_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service without any version and without its database."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "models").mkdir()
    environment = {"BENTOML_HOME": str(folder), "DIAMONDS_DATABASE_URL": NO_DATABASE}
    with worker_serving(folder / "log", environment=environment) as running:
        yield running.url


@pytest.fixture
def without_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _with_service(NOWHERE, monkeypatch)


@pytest.fixture
def with_bare_service(bare_service: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from _with_service(bare_service, monkeypatch)


def _with_service(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIAMONDS_SERVICE_URL", url)
    monkeypatch.setenv("DIAMONDS_PREFECT_URL", NOWHERE)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("without_service")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_how_to_start_a_service_that_is_down(page: str) -> None:
    text = text_of(page)

    assert f"The service at {NOWHERE} does not answer" in text
    assert "`make run`" in text


@pytest.mark.usefixtures("without_service")
def test_two_parts_of_a_page_may_meet_the_same_problem() -> None:
    assert text_of("exchanges", id="nonsense").count("does not answer") == 2


@pytest.mark.usefixtures("with_bare_service")
@pytest.mark.parametrize("page", ["quote", "batch", "models"])
def test_a_page_says_how_to_come_by_a_first_model(page: str) -> None:
    text = text_of(page)

    assert "No model quotes prices yet" in text
    assert "`make train`" in text


@pytest.mark.usefixtures("with_bare_service")
def test_the_exchanges_say_that_the_database_is_away_and_nothing_is_lost() -> None:
    assert "The database cannot be reached" in text_of("exchanges")


@pytest.mark.usefixtures("with_bare_service")
def test_training_says_how_to_start_prefect() -> None:
    text = text_of("train")

    assert f"Prefect's server at {NOWHERE} does not answer" in text
    assert "`make run`" in text
