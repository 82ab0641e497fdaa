"""The rules that a row must keep to be a stone that was sold, each with its name and its limit."""

from collections.abc import Iterable

import polars as pl

from diamonds.diamond import DIMENSIONS, GRADES, MEASURES, WIDTH_OF_ONE_CARAT_MM

MALFORMED = "another number of fields than the header"
POSSIBLE = {"carat": (0.001, 1000), "price": (0.01, 1_000_000_000), "depth": (1, 100), "table": (1, 100)}
"""From and to, in carats, USD and percent: wide of any stone; a depth below 1 was meant as a fraction."""
DEPTH_TOLERANCE = 5.0
"""Points between the depth as listed and 200 z / (x + y); rounding to 0.01 mm makes less than 1."""
SMALLEST_SHARE, LARGEST_SHARE = 0.25, 2.0
"""Of the usual width for the weight. A round stone's depth is 0.6 of its width; a long marquise has 1.6."""

NUMBERS = (*MEASURES, "price")


def unreadable(column: str) -> str:
    """The column of the typed rows that tells where ``column`` held something that is no number."""
    return f"{column} unreadable"


def _any(broken: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(*broken)


def _impossible_dimension() -> pl.Expr:
    # The cube of a share of the usual width is much faster to take than the cube root of the weight.
    usual_volume = WIDTH_OF_ONE_CARAT_MM**3 * pl.col("carat")
    shares = [pl.col(name) * pl.col(name) * pl.col(name) / usual_volume for name in DIMENSIONS]
    return _any((share < SMALLEST_SHARE**3) | (share > LARGEST_SHARE**3) for share in shares)


def _contradicted_depth() -> pl.Expr:
    measured = 200 * pl.col("z") / (pl.col("x") + pl.col("y"))
    return (measured - pl.col("depth")).abs() > DEPTH_TOLERANCE


RULES: dict[str, pl.Expr] = {
    "a measure that is not a number": _any(pl.col(unreadable(name)) for name in NUMBERS),
    "no price": pl.col("price").is_null(),
    "no weight": pl.col("carat").is_null(),
    "a number that is not finite": _any(pl.col(name).is_infinite() for name in NUMBERS),
    "a number that is not above 0": _any(pl.col(name) <= 0 for name in NUMBERS),  # zeros of x, y, z are null
    **{f"unknown {column}": pl.col(column).is_null() for column in GRADES},
    **{
        f"a {name} outside {low:,} to {high:,}": (pl.col(name) < low) | (pl.col(name) > high)
        for name, (low, high) in POSSIBLE.items()
    },
    f"a dimension outside {SMALLEST_SHARE:g} to {LARGEST_SHARE:g} of the usual width for the weight": (
        _impossible_dimension()
    ),
    f"a depth that contradicts x, y and z by over {DEPTH_TOLERANCE:g} points": _contradicted_depth(),
}
"""What breaks each rule, over the typed rows; a row counts under the first rule it breaks."""


def broken_rule() -> pl.Expr:
    """The place in ``RULES`` of the first rule that each row breaks, null where it breaks none."""
    return pl.coalesce(
        pl.when(broken).then(pl.lit(place, pl.UInt8)) for place, broken in enumerate(RULES.values())
    )
