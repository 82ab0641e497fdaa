"""The rules by which rows are validated, each with its name and its limit."""

from collections.abc import Iterable

import polars as pl

from diamonds.diamond import DIMENSIONS, GRADES, MEASURES, WIDTH_OF_ONE_CARAT_MM

MALFORMED = "another number of fields than the header"
POSSIBLE = {"carat": (0.001, 1000), "price": (0.01, 1_000_000_000), "depth": (1, 100), "table": (1, 100)}
"""Minimum and maximum, in carats, USD and percent; a depth below 1 was meant as a fraction."""
DEPTH_TOLERANCE = 5.0
"""Maximum difference of the listed depth from 200 z / (x + y), in points; rounding makes less than 1."""
SMALLEST_SHARE, LARGEST_SHARE = 0.25, 2.0
"""Limits of a dimension, as shares of the usual width for the weight.


A round stone's depth is 0.6 of its width; a long marquise is 1.6 times as long as a round stone is wide.
"""

NUMBERS = (*MEASURES, "price")


def unreadable(column: str) -> str:
    """The name of the column of flags for cells of ``column`` that are no number."""
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
"""When a parsed row breaks each rule; a row is counted under the first rule it breaks."""


def broken_rule() -> pl.Expr:
    """The position in ``RULES`` of the first rule that each row breaks, null where it breaks none."""
    return pl.coalesce(
        pl.when(broken).then(pl.lit(position, pl.UInt8)) for position, broken in enumerate(RULES.values())
    )
