"""A version's files are what was saved, and promoting one reads each of them once."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.training.train import train_version
from diamonds.versions import store
from diamonds.versions.integrity import MANIFEST, DamagedVersion, check, copy_checked
from diamonds.versions.version import Version

PROMOTE = """
import json, sys
from diamonds.versions import promotion

tag, force = sys.argv[1], sys.argv[2] == "force"
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
decision = promotion.promote(tag, force=force)
print(json.dumps([decision.promote, opened]))
"""


@pytest.fixture
def version(dataset: Dataset, empty_model_store: Path) -> Version:
    return train_version(spec_named("linear"), dataset, trials=1, seed=0)


def files_of(version: Version) -> set[str]:
    return {
        path.relative_to(version.folder).as_posix() for path in version.folder.rglob("*") if path.is_file()
    }


def reads_while_promoting(version: Version, how: str) -> tuple[bool, Counter[str]]:
    """Promotes in a process of its own, where Python reports every file that it opens."""
    command = [sys.executable, "-c", PROMOTE, version.tag, how]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    promoted, opened = json.loads(done.stdout)
    paths = (Path(path) for path in opened)
    return promoted, Counter(
        path.relative_to(version.folder).as_posix() for path in paths if path.is_relative_to(version.folder)
    )


def test_promoting_by_hand_reads_every_file_once(version: Version) -> None:
    promoted, reads = reads_while_promoting(version, "force")

    assert promoted
    assert {reads[name] for name in files_of(version) - {"model.yaml"}} == {1}


@pytest.mark.parametrize("promoted", [True, False])
def test_promoting_the_better_one_reads_again_only_the_quotes_that_decide(
    version: Version, promoted: bool
) -> None:
    if not promoted:
        store.promote(version.tag, "it is as good as itself")

    decided, reads = reads_while_promoting(version, "if it is better")

    assert decided is promoted
    others = files_of(version) - {"model.yaml", MANIFEST, "hold_out.parquet"}
    assert {reads[name] for name in others} == {1}


def test_a_promoted_version_has_the_files_of_its_source(version: Version) -> None:
    champion = store.promote(version.tag, "it is the only one")

    check(champion)
    assert files_of(champion) == files_of(version)
    for name in files_of(version) - {"model.yaml"}:
        assert (champion.folder / name).read_bytes() == (version.folder / name).read_bytes()


def test_a_file_that_a_manifest_lists_outside_the_version_is_not_copied(
    version: Version, tmp_path: Path
) -> None:
    outside = version.folder.parent / "outside"
    outside.write_text("not of this version")
    manifest = json.loads((version.folder / MANIFEST).read_text())
    manifest["../outside"] = hashlib.sha256(outside.read_bytes()).hexdigest()
    (version.folder / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(DamagedVersion, match=r"\.\./outside of diamonds-linear"):
        copy_checked(version, tmp_path / "copy")
    assert not (tmp_path / "outside").exists()
