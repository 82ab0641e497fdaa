"""The rules by which rows are validated, each with its name, its limit, and the columns it looks at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import polars as pl

from diamonds.dataset.market import Market
from diamonds.diamond import DIMENSIONS, LARGEST, MEASURES, WIDTH_OF_ONE_CARAT_MM
from diamonds.grades import GRADES, SCALE

NO_PRICE = "no price"
MALFORMED = "another number of fields than the header"
POSSIBLE = {"carat": (0.001, 1000), "price": (0.01, 1_000_000_000), "depth": (1, 100), "table": (1, 100)}
"""Minimum and maximum, in carats, USD and percent; a depth below 1 was meant as a fraction."""
LEAST_PER_CARAT = 50
"""Minimum price per carat, in USD: no stone is that cheap, but prices in thousands or logarithms are."""
DEPTH_TOLERANCE = 5.0
"""Maximum difference of the listed depth from 200 z / (x + y), in points; rounding makes less than 1."""
SMALLEST_SHARE, LARGEST_SHARE = 0.25, 2.0
"""Limits of a dimension, as shares of the usual width for the weight.


A round stone's depth is 0.6 of its width; a long marquise is 1.6 times as long as a round stone is wide.
"""

FEWEST_OF_A_GRADE = 50
"""Minimum number of stones from which a grade is learned."""

NUMBERS = (*MEASURES, "price")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a parsed row is set aside, and the columns whose cells show why.

    ``excludes`` marks what is no fault of the data: stones of another market, and grades outside the scale.
    ``only_sold`` marks what does not hinder a stone from being priced. ``needed`` are the parsed columns
    without which it does not apply.
    """

    broken: pl.Expr
    columns: Sequence[str]
    excludes: bool = False
    only_sold: bool = False
    needed: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needed", frozenset(self.broken.meta.root_names()))


def unreadable(column: str) -> str:
    """The name of the column of flags for cells of ``column`` that are no number."""
    return f"{column} unreadable"


def outside(column: str) -> str:
    """The name of the column of flags for grades that exist and that our scale does not have."""
    return f"{column} outside"


def outside_rule(column: str) -> str:
    """The name of the rule by which they are set aside."""
    return f"a {column} outside the scale {SCALE[column][0]} to {SCALE[column][-1]}"


def rare_rule(column: str) -> str:
    """The name of the rule by which grades beyond the classic ones are set aside that few stones have."""
    return f"a {column} that fewer than {FEWEST_OF_A_GRADE} stones have"


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


RULES: dict[str, Rule] = {
    "a measure that is not a number": Rule(_any(pl.col(unreadable(name)) for name in NUMBERS), NUMBERS),
    NO_PRICE: Rule(pl.col("price").is_null(), ("price",), only_sold=True),
    "no weight": Rule(pl.col("carat").is_null(), ("carat",)),
    "a number that is not finite": Rule(_any(pl.col(name).is_infinite() for name in NUMBERS), NUMBERS),
    # zeros of x, y, z are null
    "a number that is not above 0": Rule(_any(pl.col(name) <= 0 for name in NUMBERS), NUMBERS),
    **{f"unknown {column}": Rule(pl.col(column).is_null(), (column,)) for column in GRADES},
    **{
        f"a {name} outside {low:,} to {high:,}": Rule((pl.col(name) < low) | (pl.col(name) > high), (name,))
        for name, (low, high) in POSSIBLE.items()
    },
    f"a dimension outside {SMALLEST_SHARE:g} to {LARGEST_SHARE:g} of the usual width for the weight": Rule(
        _impossible_dimension(), ("carat", *DIMENSIONS), only_sold=True
    ),
    f"a depth that contradicts x, y and z by over {DEPTH_TOLERANCE:g} points": Rule(
        _contradicted_depth(), ("depth", *DIMENSIONS), only_sold=True
    ),
}
"""When a parsed row breaks each rule; a row is counted under the first rule it breaks."""

LAB_GROWN = "lab-grown, or of another origin than natural"
CHEAP = f"a price per carat below {LEAST_PER_CARAT}"
OUTSIDE_RULES = {
    outside_rule(column): Rule(pl.col(outside(column)), (column,), excludes=True) for column in GRADES
}


def market_rules(market: Market) -> dict[str, Rule]:
    """When a row is a stone of another market, by the flags that the table's columns gave."""
    natural = market.origin == "natural"
    origin = LAB_GROWN if natural else f"another origin than {market.origin}"
    treated = "treated" if market.treatment == "untreated" else "untreated"
    names = {
        f"another shape than {market.shape}": ("other shape", "shape"),
        origin: ("other origin", "origin"),
        treated: ("treated", "treatment"),
        "several stones in one row": ("several stones", "pieces"),
        f"another currency than {market.currency}": ("other currency", "currency"),
    }
    return {
        name: Rule(pl.col(flag), (role, "price") if role == "currency" else (role,), excludes=True)
        for name, (flag, role) in names.items()
    }


@cache
def all_rules(market: Market) -> Mapping[str, Rule]:
    """All rules in the order in which they are applied."""
    cheap = {
        CHEAP: Rule(pl.col("price") < LEAST_PER_CARAT * pl.col("carat"), ("carat", "price"), only_sold=True)
    }
    return {**market_rules(market), **OUTSIDE_RULES, **RULES, **(cheap if market.is_usual else {})}


@cache
def quoting_rules(market: Market) -> Mapping[str, Rule]:
    """The rules that a stone must not break to be priced, in the order in which they are applied."""
    large = Rule(_any(pl.col(name) > LARGEST for name in DIMENSIONS), DIMENSIONS)
    rules = {name: rule for name, rule in all_rules(market).items() if not rule.only_sold}
    return {**rules, f"a dimension above {LARGEST:,g} mm": large}


def broken_rule(rules: Mapping[str, Rule], columns: Sequence[str]) -> pl.Expr:
    """The position in ``rules`` of the first rule that each row breaks, null where it breaks none.

    Rules about flags that the rows do not have are left out.
    """
    return pl.coalesce(
        pl.when(rule.broken).then(pl.lit(position, pl.UInt8))
        for position, rule in enumerate(rules.values())
        if rule.needed.issubset(columns)
    )
