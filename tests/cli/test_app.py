"""The ``diamonds`` command, as somebody at a terminal uses it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import bentoml
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.diamond import Diamond
from diamonds.models.features import rows_of
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.versions import store

QUICK = ["--model", "linear", "--model", "mlp"]
STONE = ["--carat", "0.7", "--cut", "ideal", "--color", "g", "--clarity", "vs2"]

pytestmark = pytest.mark.usefixtures("empty_model_store")


def diamonds(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def answer(*arguments: str) -> Any:
    result = diamonds(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@dataclass(frozen=True)
class Trained:
    """What ``train`` answered, and the model store that it filled."""

    answer: Any
    home: Path


@pytest.fixture(scope="module")
def trained_once(few_stones: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained from a process of its own, so that the store of this process stays what it is."""
    home = tmp_path_factory.mktemp("trained")
    command = [sys.executable, "-m", "diamonds", "train", *QUICK, "--seed", "3"]
    done = subprocess.run(
        [*command, "--trials", "1", "--json"],
        env={**os.environ, "BENTOML_HOME": str(home), "DIAMONDS_DATA": str(few_stones)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Trained(json.loads(done.stdout), home)


@pytest.fixture
def trained(trained_once: Trained, empty_model_store: Path) -> Any:
    shutil.copytree(trained_once.home, empty_model_store, dirs_exist_ok=True)
    return trained_once.answer


def test_train_saves_every_model_and_promotes_the_best(trained: Any) -> None:
    best = min(trained["versions"], key=lambda version: version["mae"])
    champion = store.champion()

    assert trained["failures"] == {}
    assert trained["decision"]["promote"] is True
    assert champion is not None
    assert champion.labels["source"] == best["version"]
    assert champion.labels["seed"] == "3"
    assert [version["champion"] for version in trained["versions"]].count(True) == 1


def test_train_does_nothing_where_nothing_changed_unless_forced(trained: Any, few_stones: Path) -> None:
    again = ["train", "--model", "linear", "--data", str(few_stones), "--seed", "3", "--trials", "1"]

    assert answer(*again)["decision"] == {"promote": False, "reason": "Nothing new was trained."}
    assert "linear: nothing changed since diamonds-linear:" in " ".join(diamonds(*again).stderr.split())
    assert len(store.versions("linear")) == 1
    forced = answer(*again, "--force", "--candidates-only")
    assert len(store.versions("linear")) == 2
    assert forced["decision"]["promote"] is False
    assert "trained as a candidate, so the champion stays" in forced["decision"]["reason"]


def test_train_goes_on_when_one_model_fails_and_says_so(few_stones: Path, empty_model_store: Path) -> None:
    (empty_model_store / "models" / "diamonds-mlp").write_text("in the way")

    result = diamonds("train", *QUICK, "--data", str(few_stones), "--trials", "1")

    assert result.exit_code == 3
    assert "mlp failed: " in result.stderr
    assert "diamonds-linear:" in result.stdout


def test_train_leaves_a_champion_in_charge_when_asked_to(trained: Any) -> None:
    assert diamonds("train", "--if-no-champion").exit_code == 0
    assert len(store.versions("linear")) == 1


def test_models_shows_the_newest_of_each_or_all_of_one(trained: Any) -> None:
    newest = store.versions("linear")[0]

    assert [version["model"] for version in answer("models")] == ["linear", "mlp"]
    assert [version["version"] for version in answer("models", "linear")] == [newest.tag]
    assert "★ diamonds-" in diamonds("models").stdout


def test_predict_quotes_what_the_champion_says(trained: Any) -> None:
    champion = store.champion()
    assert champion is not None
    pricer = load_pricer(champion)
    quotes = pricer.quotes(rows_of([Diamond(carat=0.7, cut="Ideal", color="G", clarity="VS2")]))

    assert answer("predict", *STONE) == {
        "price": quotes.price[0],
        "low": quotes.low[0],
        "high": quotes.high[0],
        "coverage": pricer.coverage,
        "currency": "USD",
        "model": champion.model,
        "version": champion.labels["source"],
    }
    assert f"{quotes.price[0]:,.2f} USD" in diamonds("predict", *STONE).stdout


def test_predict_asks_another_model_by_name(trained: Any) -> None:
    assert answer("predict", *STONE, "--model", "linear")["model"] == "linear"


def test_a_model_is_named_by_its_name_or_its_tag_with_or_without_the_prefix(trained: Any) -> None:
    tag = store.versions("linear")[0].tag

    for name in ("linear", "diamonds-linear", tag, tag.removeprefix("diamonds-"), "linear:latest"):
        assert answer("predict", *STONE, "--model", name)["version"] == tag
    assert answer("models", "diamonds-linear") == answer("models", "linear") == answer("models", tag)
    champion = store.champion()
    assert champion is not None
    for command in (["predict", *STONE, "--model", "champion"], ["predict", *STONE]):
        assert answer(*command)["version"] == champion.source_tag
    assert diamonds("delete", "champion").exit_code == 2


def test_explain_adds_up_to_the_price_that_predict_quotes(trained: Any) -> None:
    explained = answer("explain", *STONE, "--depth", "61.5")
    parts = [each["usd"] for each in explained["contributions"]]

    assert explained["price"] == answer("predict", *STONE, "--depth", "61.5")["price"]
    assert round(explained["base"] + sum(parts), 2) == explained["price"]
    assert f"{explained['price']:,.2f} USD" in diamonds("explain", *STONE, "--depth", "61.5").stdout


def test_similar_shows_sold_stones_of_the_same_grades_nearest_in_weight_first(trained: Any) -> None:
    similar = answer("similar", *STONE, "-n", "3")
    distances = [abs(sample["carat"] - 0.7) for sample in similar["samples"]]

    assert {(each["cut"], each["color"], each["clarity"]) for each in similar["samples"]} == {
        ("Ideal", "G", "VS2")
    }
    assert distances == sorted(distances)
    assert f"3 of {similar['available']}" in diamonds("similar", *STONE, "-n", "3").stdout


def test_a_version_is_exported_to_a_file_and_imported_where_it_is_missing(
    trained: Any, tmp_path: Path
) -> None:
    tag = store.versions("linear")[0].tag
    file = tmp_path / "version.bentomodel"

    assert diamonds("export-version", "linear", str(file)).exit_code == 0
    assert f"The model store has {tag} already" in diamonds("import-version", str(file)).stderr
    bentoml.models.delete(tag)
    assert answer("import-version", str(file))["version"] == tag
    assert store.versions("linear")[0].tag == tag


def test_the_version_of_the_package_is_shown() -> None:
    assert diamonds("--version").stdout == f"diamonds {metadata.version('diamonds')}\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line"),
    [
        (["predict", *STONE, "--model", "linear:abc"], 1, "Got version 'diamonds-linear:abc', which the"),
        (["import-version", "/nowhere"], 1, "Could not use /nowhere: No such file or directory."),
        (["forget"], 2, "Got no id; expected X-Exchange-Ids, or --file with one a line."),
        (["predict", *STONE], 1, "No model has been promoted yet. Train with: diamonds train"),
        (["predict", *STONE, "--model", "linear"], 1, "Model 'linear' has no version yet."),
        (["predict", *STONE, "--model", "guess"], 1, "Got model='guess'; expected one of linear, "),
        (
            ["predict", *STONE, "--carat", "-1"],
            2,
            "Got carat=-1.0: Input should be greater than or equal to 0.001.",
        ),
        (["predict", *STONE, "--cut", "Great"], 2, "Got cut='Great'; expected one of Ideal, Premium,"),
        (
            ["predict", *STONE, "--carat", "heavy"],
            2,
            "Invalid value for '--carat': Input should be a valid number",
        ),
        (["predict", "--carat", "1"], 2, "Missing option"),
        (["models", "guess"], 1, "Got model='guess'; expected one of linear, "),
        (["train", "--model", "guess"], 1, "Got model='guess'; expected one of linear, "),
        (["train", "--data", "/nowhere.csv"], 1, "/nowhere.csv"),
        (
            ["train", "--trials", "0"],
            2,
            "Invalid value for '--trials': Input should be greater than or equal to 1",
        ),
    ],
)
def test_a_mistake_gets_a_clear_line_and_an_exit_code(
    arguments: list[str], exit_code: int, line: str
) -> None:
    result = diamonds(*arguments)

    assert result.exit_code == exit_code
    assert line in result.stderr
    assert "Traceback" not in result.output


def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIAMONDS_TRIALS", "many")
    settings.cache_clear()
    result = diamonds("train")
    monkeypatch.undo()
    settings.cache_clear()

    assert result.exit_code == 1
    assert "Got DIAMONDS_TRIALS='many'" in result.stderr


def test_settings_shows_what_is_in_force_but_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIAMONDS_DATABASE_URL", "postgresql://marta:secret@db.example:5432/diamonds")
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    result = diamonds("settings")
    settings.cache_clear()

    assert "postgresql://marta:***@db.example:5432/diamonds" in result.stdout


def test_price_compares_what_a_file_asks_for_and_puts_the_best_deal_first(
    trained: Any, tmp_path: Path
) -> None:
    stock = tmp_path / "stock.csv"
    stock.write_text(
        "Stock,Carat,Cut,Color,Clarity,Asking\n"
        "dear,0.7,Ideal,G,VS2,90000\ncheap,0.7,Ideal,G,VS2,900\n"
        "none,0.7,Ideal,G,VS2,on request\nbad,-1,Good,D,IF,3\n"
    )
    quote = answer("predict", *STONE)
    priced = answer("price", str(stock), "--sort", "deal")
    assert priced["version"] == quote["version"]
    rows = priced["rows"]
    assert [row["Stock"] for row in rows] == ["cheap", "dear", "none", "bad"]
    assert [row["price"] for row in rows] == [*[quote["price"]] * 3, None]
    assert [row["outside"] for row in rows] == ["below", "above", None, None]
    assert rows[0]["difference"] == pytest.approx(900 - quote["price"])
    assert "carat" in rows[3]["problem"]

    written = tmp_path / "priced.xlsx"
    result = diamonds("price", str(stock), "-o", str(written))
    assert "3 of 4 rows priced in USD by " in result.stdout
    assert pl.read_excel(written)["price"].to_list() == [
        row["price"] for row in answer("price", str(stock))["rows"]
    ]
    assert diamonds("price", str(stock)).stdout.startswith("Stock,Carat,")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no-such-file.csv"], 1, "There is no file or folder no-such-file.csv."),
        ([__file__], 1, "diamonds: "),
        (["stock.csv", "-o", "priced.pdf"], 2, "expected a name that ends in .csv, .xlsx"),
        (["stock.csv", "--sort", "luck"], 2, "luck"),
    ],
)
def test_price_says_in_a_line_what_is_wrong(arguments: list[str], code: int, message: str) -> None:
    result = diamonds("price", *arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
