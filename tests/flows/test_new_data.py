"""New files of the configured data, and datasets that are sent, start trainings through a real server."""

import os
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient

from diamonds.dataset.file_changes import changes, state_of
from diamonds.prefect_api.events import emit_dataset_added
from diamonds.versions.datasets import reference_to
from flows.new_data import Watch
from tests.flows.test_automations import runs_of
from tests.flows.test_trainings import fresh_variables as fresh_variables
from tests.processes import free_port, wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file of stones."""
    folder = tmp_path / "sold"
    folder.mkdir()
    (folder / "january.csv").write_text("carat\n1\n")
    return folder


@pytest.fixture
def watch(folder: Path, tmp_path: Path) -> Watch:
    """What watches the folder, which it has seen as it is, and takes files for written at once."""
    watch = Watch(folder, tmp_path / "files.json", quiet_seconds=0)
    watch.look()
    return watch


def started(client: SyncPrefectClient) -> list[dict[str, object]]:
    """The parameters of the trainings that events started, which are deleted."""
    runs = [run for run in runs_of(client, "train/all") if not run.auto_scheduled]
    for run in runs:
        client.delete_flow_run(run.id)
    return [run.parameters for run in runs]


def test_ten_new_files_and_the_same_ones_seen_by_another_machine_start_one_training(
    deployed: SyncPrefectClient, folder: Path, watch: Watch, tmp_path: Path
) -> None:
    other = Watch(folder, tmp_path / "other.json", quiet_seconds=0)
    other.look()
    for number in range(10):
        (folder / f"{number}.csv").write_text("carat\n1\n")

    for each in (watch, other, watch):
        each.look()

    assert wait_until(lambda: started(deployed)) == [{"trials": None}]
    emit_dataset_added("00ff", reference_to("00ff"))
    emit_dataset_added("00ff", reference_to("00ff"))
    assert wait_until(lambda: started(deployed)) == [{"trials": None, "data": "dataset:00ff"}]


def test_files_that_are_being_written_are_waited_for(folder: Path, tmp_path: Path) -> None:
    patient = Watch(folder, tmp_path / "files.json", quiet_seconds=3600)
    patient.look()
    noted = (tmp_path / "files.json").read_bytes()
    (folder / "march.csv").write_text("carat\n1\n")

    patient.look()

    assert (tmp_path / "files.json").read_bytes() == noted


def test_what_prefect_did_not_take_is_sent_at_the_next_look(
    watch: Watch, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = (tmp_path / "files.json").read_bytes()
    (folder / "march.csv").write_text("carat\n1\n")
    monkeypatch.setenv("DIAMONDS_PREFECT_URL", f"http://127.0.0.1:{free_port()}")

    watch.look()

    assert (tmp_path / "files.json").read_bytes() == noted


def test_changes_are_named_and_hidden_files_and_others_are_none(folder: Path) -> None:
    before = state_of(folder)
    (folder / ".february.csv.Xy12").write_text("half")
    (folder / "notes.md").write_text("# Notes")
    assert changes(before, state_of(folder)) == ""

    (folder / "february.csv").write_text("carat\n1\n")
    os.utime(folder / "january.csv", ns=(1, 1))
    now = state_of(folder)

    assert changes(before, now) == "february.csv is new; january.csv is changed"
    assert changes(now, before) == "january.csv is changed; february.csv is gone"
    assert changes({}, {f"{number}.csv": [1, 1] for number in range(7)}).endswith("4.csv and 2 more are new")
    assert list(state_of(folder / "january.csv")) == ["."]
