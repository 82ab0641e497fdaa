"""``diamonds data`` shows how a file is read before it is used, and saves names for its columns."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from diamonds.cli.app import app
from diamonds.settings import settings


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command with a home of its own."""
    monkeypatch.setenv("DIAMONDS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    return lambda *arguments: CliRunner().invoke(app, ["data", *map(str, arguments)])


@pytest.fixture
def listing(few_stones: Path, tmp_path: Path) -> Path:
    """A shop's listing with columns under other names."""
    stones = pd.read_csv(few_stones).rename(columns={"carat": "Size", "price": "Erlös"})
    path = tmp_path / "listing.csv"
    stones.assign(Shape=["Oval"] * 100 + ["Round"] * (len(stones) - 100)).to_csv(path, index=False)
    return path


def test_it_shows_columns_and_what_is_set_aside(run: Callable[..., Result], listing: Path) -> None:
    result = run(listing, "--column", "price=Erlös")
    assert result.exit_code == 0, result.output
    for part in ("'Size'", "'Erlös'", "shape", "another shape than round: 100 (shape 'Oval'"):
        assert part in result.output


def test_a_saved_mapping_reads_the_next_file(run: Callable[..., Result], listing: Path) -> None:
    assert "Missing: 'price'" in run(listing).output
    assert run(listing, "--column", "price=Erlös", "--save", "shop").exit_code == 0
    report = json.loads(run(listing, "--mapping", "shop", "--json").output)
    assert report["tables"][0]["columns"]["price"] == "Erlös"


def test_a_file_without_a_header_is_read_with_names(
    run: Callable[..., Result], few_stones: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("".join(few_stones.read_text().splitlines(keepends=True)[1:]))
    refused = run(path)
    assert (refused.exit_code, "seems to have no header" in refused.output) == (1, True)
    assert "stones" in run(path, "--columns", "carat,cut,color,clarity,depth,table,price,x,y,z").output


def test_a_column_option_without_a_name_is_refused(run: Callable[..., Result], listing: Path) -> None:
    assert "expected one of our columns, =, and the name" in run(listing, "--column", "price").output
