"""Times the search for similar stones among millions, against pandas and scikit-learn, in one run.

python -m benchmarks.similar [--stones 10000000] [--queries 2000]
"""

import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from benchmarks.command_line import parser_for
from benchmarks.timing import print_durations, timed, timed_each
from diamonds.diamond import GradedWeight, classic_dtype
from diamonds.grades import GRADES
from diamonds.pricing.similar import SimilarStones, save_index

NEAREST = 5
_SLOW_QUERIES = 5


def random_stones(number: int, seed: int = 0) -> pd.DataFrame:
    """Random stones with the columns of the index."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame({"carat": np.round(generator.lognormal(-0.4, 0.6, number), 2)})
    for column in GRADES:
        dtype = classic_dtype(column)
        codes = generator.integers(len(GRADES[column]), size=number)
        frame[column] = pd.Categorical.from_codes(codes, dtype=dtype)
    for column in ("depth", "table", "x", "y", "z"):
        frame[column] = generator.normal(60, 2, number)
    return frame.assign(price=np.round(generator.uniform(300, 20_000, number)))


def random_queries(frame: pd.DataFrame, number: int) -> list[GradedWeight]:
    rows = frame.sample(number, random_state=1)[["carat", *GRADES]].to_dict("records")
    return [GradedWeight.model_validate(row) for row in rows]


def by_sorting(frame: pd.DataFrame, stone: GradedWeight) -> list[float]:
    same = frame[
        (frame["cut"] == stone.cut) & (frame["color"] == stone.color) & (frame["clarity"] == stone.clarity)
    ]
    distance = (same["carat"] - stone.carat).abs().round(9)
    nearest = same.assign(distance=distance).sort_values(["distance", "carat", "price"]).head(NEAREST)
    return [float(price) for price in nearest["price"]]


def by_neighbours(frame: pd.DataFrame) -> Callable[[GradedWeight], object]:
    """scikit-learn's index of weights for each combination of grades."""
    groups = {
        grades: NearestNeighbors(n_neighbors=NEAREST, algorithm="kd_tree").fit(group[["carat"]].to_numpy())
        for grades, group in frame.groupby(list(GRADES), observed=True)
    }
    return lambda stone: groups[stone.cut, stone.color, stone.clarity].kneighbors([[stone.carat]])


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--stones", type=int, default=10_000_000)
    parser.add_argument("--queries", type=int, default=2000)
    arguments = parser.parse_args()
    frame = random_stones(arguments.stones)
    queries = random_queries(frame, arguments.queries)
    few = queries[:_SLOW_QUERIES]
    with tempfile.TemporaryDirectory() as folder:
        seconds = timed(lambda: save_index(frame, Path(folder)))
        print(f"{arguments.stones:,} stones, index saved in {seconds:.1f} s")
        similar = SimilarStones.open(Path(folder))
        durations = timed_each(lambda stone: similar.nearest(stone, NEAREST), queries)
        print_durations("diamonds.pricing.similar", durations)
        ours = statistics.median(durations)
        for stone in few:
            prices = [each["price"] for each in similar.nearest(stone, NEAREST)[0]]
            assert prices == by_sorting(frame, stone), stone
    _print_slower("pandas, filter and sort", timed_each(partial(by_sorting, frame), few), ours)
    slower = queries[: arguments.queries // 10]
    _print_slower("scikit-learn NearestNeighbors", timed_each(by_neighbours(frame), slower), ours)


def _print_slower(label: str, durations: list[float], ours: float) -> None:
    print_durations(label, durations)
    print(f"  {statistics.median(durations) / ours:,.0f} times as long as ours")


if __name__ == "__main__":
    main()
