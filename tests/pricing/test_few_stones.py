"""A version that learned from very few stones quotes prices without intervals, and says why."""

from dataclasses import replace
from pathlib import Path

import pytest

from diamonds.dataset import Dataset, load_dataset
from diamonds.diamond import Diamond
from diamonds.evaluation.model_card import CARD
from diamonds.model_files.verification import check_quotes
from diamonds.models import spec_named
from diamonds.models.features import rows_of
from diamonds.pricing.pricer import load_pricer
from diamonds.training.budget import Budget
from diamonds.training.outcome import ModelFailed
from diamonds.training.steps import train_model
from diamonds.training.train import train_version
from diamonds.versions import store
from tests.training.test_run import unseen

STONE = Diamond(carat=0.7, cut="Ideal", color="G", clarity="VS2")
REASON = "There is no interval: 8 of the sold stones calibrate it, and a coverage of 90% needs 9 or more."

pytestmark = pytest.mark.usefixtures("empty_model_store")


@pytest.fixture
def hundred(few_stones: Path, tmp_path: Path) -> Dataset:
    file = tmp_path / "hundred.csv"
    file.write_text("".join(few_stones.read_text().splitlines(keepends=True)[:101]))
    return load_dataset(file)


def test_a_quote_has_a_price_no_interval_and_the_reason(hundred: Dataset) -> None:
    version = train_version(spec_named("linear"), hundred, trials=1, seed=0)
    pricer = load_pricer(version)

    quotes = pricer.quotes(rows_of([STONE, STONE]))

    assert pricer.coverage is None
    assert 1000 < quotes.price[0] < 6000
    assert [*quotes.low, *quotes.high] == [None] * 4
    assert [sentences[-1] for sentences in quotes.warnings.values()] == [REASON] * 2
    assert version.labels["coverage"] == version.labels["width"] == ""
    assert store.newest("linear") == version, "It is a whole version all the same,"
    assert check_quotes(version) == len(hundred.hold_out), "which may be exported and imported."
    assert "no intervals: too few stones to calibrate them" in (version.folder / CARD).read_text()


def test_the_report_says_beforehand_what_so_few_stones_cannot_carry(hundred: Dataset) -> None:
    few, intervals, promotions = hundred.report.notes

    assert few.startswith("100 stones are few")
    assert intervals.startswith("Quotes will have no intervals: 8 of the stones calibrate them")
    assert promotions.startswith(f"No version will replace a champion by itself: {len(hundred.hold_out)} ")


def test_the_report_of_many_stones_says_nothing_of_the_kind(real_dataset: Dataset) -> None:
    assert real_dataset.report.notes == ()


def test_the_error_of_a_library_names_it_and_can_be_read_in_any_process(hundred: Dataset) -> None:
    training = hundred.training.assign(price=700.0)

    with pytest.raises(ModelFailed, match=r"CatBoostError: .*All train targets are equal"):
        train_model("catboost", replace(hundred, training=training), Budget(1, 0), unseen)
