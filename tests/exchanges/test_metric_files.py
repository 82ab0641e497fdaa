"""However many processes have ended, their counts stay in few files."""

import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from diamonds.exchanges.metric_files import add_up_ended_processes, reading

PROCESSES = 8
COUNT = """
from prometheus_client import Counter, Gauge, Histogram
Counter("quotes", "-", ["path"]).labels("/predict").inc(2)
Gauge("held", "-", multiprocess_mode="livesum").set(1)
Histogram("duration", "-", buckets=(1, 2)).observe(1.5)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def sample(name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry.get_sample_value(name, labels)


def test_counts_of_ended_processes_are_added_up_in_one_file_of_a_kind(folder: Path) -> None:
    for number in range(1, PROCESSES + 1):
        subprocess.run([sys.executable, "-c", COUNT], check=True)
        add_up_ended_processes()
        with reading():
            assert sample("quotes_total", path="/predict") == 2 * number
            assert sample("duration_bucket", le="2.0") == sample("duration_count") == number
            assert sample("duration_sum") == 1.5 * number
            assert sample("held") is None
    assert sorted(file.name for file in folder.glob("*.db")) == ["counter_0.db", "histogram_0.db"]


def test_files_of_a_living_process_stay(folder: Path) -> None:
    living = subprocess.Popen([sys.executable, "-c", COUNT + "input()"], stdin=subprocess.PIPE)
    try:
        while len(list(folder.glob("*.db"))) < 3:
            assert living.poll() is None
        add_up_ended_processes()
        assert len(list(folder.glob(f"*_{living.pid}.db"))) == 3
    finally:
        living.communicate(b"\n")


def test_nothing_happens_where_prometheus_writes_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    add_up_ended_processes()
    with reading():
        pass
