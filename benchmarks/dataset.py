"""Measures the time and memory of loading a dataset: reading, cleaning, splitting and fingerprinting.

    python -m benchmarks.dataset [--rows 1000000 10000000] [--runs 3]

makes Parquet files of so many synthetic rows, and loads each in a fresh process: with `load_dataset`, as one
file and as a folder of partitions, and with plain pandas, which reads all of it at once. It prints the median
time of each, and the highest memory and CPU time (including the start of Python).
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.command_line import parser_for
from benchmarks.tables import print_header, print_row
from benchmarks.timing import timed
from diamonds.dataset import load_dataset
from diamonds.diamond import DIMENSIONS, classic_dtype
from diamonds.grades import GRADES
from diamonds.settings import PROJECT

_PARTS = 20


def main() -> None:
    arguments = _arguments()
    if arguments.load:
        print(json.dumps(_measured(*arguments.load)))
        return
    print_header("rows", "loader", "seconds", "ratio", "rows/s", "CPU, s", "peak, GB", text=2)
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            path, parts = Path(folder) / f"{rows}.parquet", Path(folder) / f"{rows}"
            stones = synthetic(rows)
            stones.to_parquet(path, index=False)
            _write_parts(stones, parts)
            del stones
            _compare(rows, {"product": path, "product, in parts": parts, "pandas": path}, arguments.runs)
            path.unlink()
            shutil.rmtree(parts)


def _write_parts(stones: pd.DataFrame, folder: Path) -> None:
    """The stones as 20 files in partitions of a month each."""
    for number in range(_PARTS):
        partition = folder / f"year={2024 + number // 12}" / f"month={number % 12 + 1:02}"
        partition.mkdir(parents=True)
        stones[number::_PARTS].to_parquet(partition / "part-0.parquet", index=False)


def _compare(rows: int, paths: Mapping[str, Path], number: int) -> None:
    """Prints a row for each loader, with how many times as long it takes as ours."""
    own = None
    for loader, path in paths.items():
        runs = [_in_fresh_process(loader, path) for _ in range(number)]
        seconds = statistics.median(run["seconds"] for run in runs)
        own = own or seconds
        cpu, peak = (max(run[name] for run in runs) for name in ("cpu", "peak_gb"))
        times = f"{seconds:.2f}", f"{seconds / own:.2f}", f"{rows / seconds:,.0f}"
        print_row([f"{rows:,}", loader, *times, f"{cpu:.2f}", f"{peak:.2f}"])


def _arguments() -> argparse.Namespace:
    parser = parser_for(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 3_000_000, 10_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--load", nargs=2, metavar=("LOADER", "PATH"), help=argparse.SUPPRESS)
    return parser.parse_args()


def synthetic(rows: int) -> pd.DataFrame:
    """A random sample of the real stones, with sizes and prices varied at random."""
    random = np.random.default_rng(0)
    stones = pd.read_csv(PROJECT / "data" / "diamonds.csv")
    sample = stones.iloc[random.integers(0, len(stones), rows)].reset_index(drop=True)
    scale = random.lognormal(0, 0.05, rows)
    sample["carat"] = (sample["carat"] * scale**3).clip(lower=0.2).round(2)
    for name in DIMENSIONS:
        sample[name] = (sample[name] * scale).round(2)
    sample["price"] = (sample["price"] * random.lognormal(0, 0.1, rows)).round() + 1
    return sample


def _in_fresh_process(loader: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.dataset", "--load", loader, str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT).stdout
    measured: dict[str, float] = json.loads(output)
    return measured


def _measured(loader: str, path: str) -> dict[str, float]:
    seconds = timed(partial(LOADERS[loader], path))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak_gb": used.ru_maxrss * 1024 / 1e9}


def _plain_pandas(path: str) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """The same result in a straightforward way, with fewer checks and without a report."""
    rows = pd.read_parquet(path)
    for name in GRADES:
        dtype = classic_dtype(name)
        rows[name] = rows[name].astype(dtype)
    rows[list(DIMENSIONS)] = rows[list(DIMENSIONS)].where(rows[list(DIMENSIONS)] > 0)
    off = (200 * rows["z"] / (rows["x"] + rows["y"]) - rows["depth"]).abs() > 5
    broken = ~((rows["price"] > 0) & (rows["carat"] > 0)) | rows[list(GRADES)].isna().any(axis=1) | off
    rows = rows[~broken].drop_duplicates().reset_index(drop=True)
    sizes = np.sort(rows[list(DIMENSIONS)].fillna(0.0).to_numpy(), axis=1)
    identity = pd.DataFrame(np.rint(sizes * 100).astype("int64")).assign(
        carat=rows["carat"], color=rows["color"].cat.codes, clarity=rows["clarity"].cat.codes
    )
    held_out = pd.util.hash_pandas_object(identity, index=False) < 2**64 // 5
    fingerprint = np.sort(pd.util.hash_pandas_object(rows, index=False).to_numpy()).tobytes().hex()[:16]
    return rows[~held_out], rows[held_out], fingerprint


LOADERS: dict[str, Callable[[str], object]] = {
    "product": load_dataset,
    "product, in parts": load_dataset,
    "pandas": _plain_pandas,
}

if __name__ == "__main__":
    main()
