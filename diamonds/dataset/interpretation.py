"""How a table is read: which column is which, in what units; a value that can be shown before use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from diamonds.diamond import COLUMNS, DIMENSIONS


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How a table is read.

    ``columns`` has the table's column by our column or role, ``market_columns`` those that say what a stone
    is (its shape, origin, treatment, currency); ``factors`` turn numbers without a unit into our units;
    ``positions`` has the place of each dimension where three stand in one cell; ``notes`` are for the owner.
    """

    place: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    market_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    positions: Mapping[str, int] = field(default_factory=dict)
    price_mark: str = "."
    price_in_brackets: bool = False
    excellent: str = "Ideal"
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> list[str]:
        """The table's columns that are read, each once."""
        market = (name for names in self.market_columns.values() for name in names)
        return list(dict.fromkeys([*self.columns.values(), *market]))

    @property
    def our_columns(self) -> dict[str, str]:
        """The table's column by each of ours, also where ours is computed from it."""
        sources = dict(self.columns)
        if "price per carat" in sources:
            sources.setdefault("price", sources["price per carat"])
        if "measurements" in sources:
            sources |= dict.fromkeys(DIMENSIONS, sources["measurements"])
        return {column: sources[column] for column in COLUMNS if column in sources}

    def sentences(self) -> Iterator[str]:
        """What was recognised, in words."""
        for column, name in self.our_columns.items():
            yield f"{column} from {name!r}" if column != name else column
        for role, names in self.market_columns.items():
            yield f"{role} from {', '.join(map(repr, names))}"
        if "sold at" in self.columns:
            yield f"sold_at from {self.columns['sold at']!r}"
