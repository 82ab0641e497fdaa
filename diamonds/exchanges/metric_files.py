"""Bounds the number of Prometheus's files: those of processes that have ended are added up in one."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from prometheus_client.mmap_dict import MmapedDict

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_ADDED_UP = ("counter", "histogram", "summary")
_NOBODY = 0  # stands in the name of the sums' file where others have the id of their process


@contextmanager
def reading() -> Iterator[None]:
    """Lets no file be removed within the context; ``prometheus_client`` fails where one is while it reads."""
    with _locked(fcntl.LOCK_SH):
        yield


def add_up_ended_processes() -> None:
    """Adds up the counters and histograms of ended processes, and removes their files and gauges.

    Nothing happens while somebody reads: the next process that ends does it then.
    """
    with _locked(fcntl.LOCK_EX | fcntl.LOCK_NB) as folder:
        if folder is None:
            return
        for kind in _ADDED_UP:
            ended = [file for file in folder.glob(f"{kind}_*.db") if _has_ended(file)]
            if ended:
                _add_up(ended, folder / f"{kind}_{_NOBODY}.db")
        for gauge in folder.glob("gauge_*_*.db"):
            if _has_ended(gauge):
                gauge.unlink()


@contextmanager
def _locked(mode: int) -> Iterator[Path | None]:
    """The folder of the files, locked; None where there is none, or it cannot be locked at once."""
    if _VARIABLE not in os.environ:
        yield None
        return
    folder: Path | None = Path(os.environ[_VARIABLE])
    with Path(os.environ[_VARIABLE], "lock").open("a") as lock:
        try:
            fcntl.flock(lock, mode)
        except BlockingIOError:
            folder = None
        yield folder


def _has_ended(file: Path) -> bool:
    process = int(file.stem.rpartition("_")[2])
    return process != _NOBODY and not psutil.pid_exists(process)


def _add_up(ended: Sequence[Path], sums_file: Path) -> None:
    sums: dict[str, tuple[float, float]] = {}
    for file in (sums_file, *ended):
        if file.exists():
            for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
                sums[key] = (sums.get(key, (0.0, 0.0))[0] + value, timestamp)
    new = sums_file.with_suffix(".new")
    new.unlink(missing_ok=True)
    written = MmapedDict(str(new))  # type: ignore[no-untyped-call]
    for key, (value, timestamp) in sums.items():
        written.write_value(key, value, timestamp)  # type: ignore[no-untyped-call]
    written.close()  # type: ignore[no-untyped-call]
    new.replace(sums_file)
    for file in ended:
        file.unlink()
