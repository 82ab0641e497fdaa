"""Shares of a price, against games whose values are known."""

import numpy as np
import pytest

from diamonds.diamond import FEATURES, USUAL, Diamond
from diamonds.models.features import Matrix, rows_of
from diamonds.models.shapley import PROPERTIES, attribute
from diamonds.models.spec import Prices

(STONE,) = rows_of(
    [Diamond(carat=2, cut="Ideal", color="D", clarity="IF", depth=60, table=58, x=8, y=8.1, z=5)]
)
CARAT, CUT, X = (FEATURES.index(name) for name in ("carat", "cut", "x"))


def owed_by_name(prices_of: object, stone: Prices = STONE) -> dict[str, float]:
    base, price, owed = attribute(prices_of, stone)  # type: ignore[arg-type]
    assert base + owed.sum() == pytest.approx(price)
    return dict(zip(PROPERTIES, owed.tolist(), strict=True))


def test_where_properties_do_not_meet_each_is_owed_its_own_term() -> None:
    owed = owed_by_name(lambda rows: 1000 * rows[:, CARAT] + 10 * rows[:, CUT])

    assert owed.pop("carat") == pytest.approx(1000 * (2 - USUAL.carat))
    assert owed.pop("cut") == pytest.approx(10)
    assert list(owed.values()) == pytest.approx([0] * 5)


def test_what_two_properties_do_together_is_shared_evenly() -> None:
    owed = owed_by_name(lambda rows: 100.0 * ((rows[:, CARAT] == 2) & (rows[:, CUT] == STONE[CUT])))

    assert owed["carat"] == pytest.approx(50)
    assert owed["cut"] == pytest.approx(50)
    assert owed["size"] == pytest.approx(0)


def test_size_is_owed_only_what_it_changes_of_a_stone_of_its_weight() -> None:
    def prices(rows: Matrix) -> Prices:
        of_usual_size = np.isnan(rows[:, X])
        assert (of_usual_size | (rows[:, CARAT] == 2.0)).all(), "a usual weight with the size of two carats"
        return np.asarray(1000 * rows[:, CARAT] + np.where(of_usual_size, 0, 70))

    owed = owed_by_name(prices)

    assert owed["size"] == pytest.approx(70)
    assert owed["carat"] == pytest.approx(1000 * (2 - USUAL.carat))


def test_what_is_unknown_is_owed_nothing() -> None:
    bare = np.where(np.arange(len(FEATURES)) < 4, STONE, np.nan)

    owed = owed_by_name(lambda rows: rows[:, CARAT] * (1 + rows[:, CUT]), bare)

    assert [owed[name] for name in ("depth", "table", "size")] == [0, 0, 0]
