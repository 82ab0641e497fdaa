"""Times the search for similar stones among millions, against pandas and scikit-learn, in one run.

python -m benchmarks.similar [--stones 10000000] [--queries 2000]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from diamonds.diamond import GRADES, GradedWeight
from diamonds.pricing.similar import SimilarStones, save_index

NEAREST = 5
_SLOW_QUERIES = 5


def stones(number: int, seed: int = 0) -> pd.DataFrame:
    """Stones at random, with the columns that the index keeps."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"carat": np.round(generator.lognormal(-0.4, 0.6, number), 2)})
    for column, grades in GRADES.items():
        frame[column] = pd.Categorical.from_codes(
            generator.integers(len(grades), size=number), categories=pd.Index(grades), ordered=True
        )
    for column in ("depth", "table", "x", "y", "z"):
        frame[column] = generator.normal(60, 2, number)
    return frame.assign(price=np.round(generator.uniform(300, 20_000, number)))


def asked(frame: pd.DataFrame, number: int) -> list[GradedWeight]:
    rows = frame.sample(number, random_state=1)[["carat", *GRADES]].to_dict("records")
    return [GradedWeight.model_validate(row) for row in rows]


def by_sorting(frame: pd.DataFrame, stone: GradedWeight) -> list[float]:
    same = frame[
        (frame["cut"] == stone.cut) & (frame["color"] == stone.color) & (frame["clarity"] == stone.clarity)
    ]
    distance = (same["carat"] - stone.carat).abs().round(9)
    found = same.assign(distance=distance).sort_values(["distance", "carat", "price"]).head(NEAREST)
    return [float(price) for price in found["price"]]


def by_neighbours(frame: pd.DataFrame) -> Callable[[GradedWeight], object]:
    """scikit-learn's index of weights for each combination of grades."""
    groups = {
        grades: NearestNeighbors(n_neighbors=NEAREST, algorithm="kd_tree").fit(group[["carat"]].to_numpy())
        for grades, group in frame.groupby(list(GRADES), observed=True)
    }
    return lambda stone: groups[stone.cut, stone.color, stone.clarity].kneighbors([[stone.carat]])


def timed(search: Callable[[GradedWeight], object], queries: Sequence[GradedWeight]) -> list[float]:
    seconds = []
    for stone in queries:
        started = time.perf_counter()
        search(stone)
        seconds.append(time.perf_counter() - started)
    return seconds


def show(name: str, seconds: Sequence[float]) -> None:
    print(
        f"{name:<34} median {statistics.median(seconds) * 1e6:>12,.1f} us   "
        f"p99 {float(np.quantile(seconds, 0.99)) * 1e6:>12,.1f} us"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stones", type=int, default=10_000_000)
    parser.add_argument("--queries", type=int, default=2000)
    given = parser.parse_args()
    frame = stones(given.stones)
    queries = asked(frame, given.queries)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        save_index(frame, Path(folder))
        print(f"{given.stones:,} stones, index saved in {time.perf_counter() - started:.1f} s")
        similar = SimilarStones.open(Path(folder))
        show("diamonds.pricing.similar", timed(lambda stone: similar.nearest(stone, NEAREST), queries))
        for stone in queries[:_SLOW_QUERIES]:
            found = [each["price"] for each in similar.nearest(stone, NEAREST)[0]]
            assert found == by_sorting(frame, stone), stone
    show("pandas, filter and sort", timed(lambda stone: by_sorting(frame, stone), queries[:_SLOW_QUERIES]))
    show("scikit-learn NearestNeighbors", timed(by_neighbours(frame), queries[: given.queries // 10]))


if __name__ == "__main__":
    main()
