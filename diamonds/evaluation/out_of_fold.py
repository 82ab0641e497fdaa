"""The prices of the stones learned from, each by a model of the other folds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from diamonds.models.spec import Prices

OUT_OF_FOLD_FILE = "out_of_fold.parquet"


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """The true prices of the stones learned from, and those by models of the other folds, in USD."""

    price: Prices
    predicted: Prices

    def save(self, folder: Path) -> None:
        import pandas as pd

        pd.DataFrame({"price": self.price, "predicted": self.predicted}).to_parquet(folder / OUT_OF_FOLD_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The prices that were saved to ``folder``."""
        import pandas as pd

        saved = pd.read_parquet(folder / OUT_OF_FOLD_FILE)
        return cls(saved["price"].to_numpy("float64"), saved["predicted"].to_numpy("float64"))
