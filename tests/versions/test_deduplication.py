"""Versions of one dataset store its stones and their index once, and none is lost with another."""

import shutil
from pathlib import Path

import pytest

from diamonds.dataset import Dataset
from diamonds.model_files.transfer import export_version, import_version
from diamonds.versions import datasets, store
from diamonds.versions.changes import delete
from diamonds.versions.deduplication import SHARED, deduplicate
from diamonds.versions.integrity import damage
from diamonds.versions.version import Version
from tests.versions.damaging import Damage, copied, copy_into, cut, remove


@pytest.fixture
def versions(empty_model_store: Path, linear: Version, dataset: Dataset) -> list[Version]:
    """Five versions of a stored dataset, and a champion, each with files of its own."""
    datasets.save(dataset)
    copy_into(empty_model_store, linear)
    first = store.get(linear.tag)
    others = [copied(first, f"copy{number}") for number in range(4)]
    return [first, *others, store.promote(linear.tag, "the champion")]


def bytes_on_disk(home: Path) -> int:
    """The size of all files, each inode once."""
    found = [path.stat() for path in home.rglob("*") if path.is_file()]
    return sum({each.st_ino: each.st_size for each in found}.values())


def test_more_versions_of_a_dataset_take_no_more_room_for_its_stones(
    versions: list[Version], empty_model_store: Path
) -> None:
    before = bytes_on_disk(empty_model_store)
    stones = sum((versions[0].folder / name).stat().st_size for name in SHARED)

    deduplicate()

    freed = before - bytes_on_disk(empty_model_store)
    assert freed >= 4 * stones, "Of six one is shared, and one is its spare copy."
    assert [damage(each) for each in versions] == [None] * 6
    for name in SHARED:
        assert len({(each.folder / name).stat().st_ino for each in versions}) == 1
    assert len({(each.folder / "coefficients.json").stat().st_ino for each in versions}) == 6
    assert deduplicate() == 0


@pytest.mark.parametrize("do", [cut, remove])
def test_a_shared_file_that_is_damaged_is_restored_for_every_version(
    versions: list[Version], do: Damage
) -> None:
    deduplicate()

    do(versions[1].folder / "similar.npy")

    assert [damage(each) for each in versions] == [None] * 6
    assert len({(each.folder / "similar.npy").stat().st_ino for each in versions}) == 1


def test_what_is_exported_is_whole_and_what_is_deleted_takes_nothing_from_others(
    versions: list[Version], empty_model_store: Path
) -> None:
    deduplicate()
    content = export_version(versions[0].tag)
    *gone, last, _ = versions
    for each in gone:
        delete(each.tag)
    deduplicate()

    assert damage(last) is None
    assert store.load(last)
    assert import_version(content).version.tag == versions[0].tag
    for each in (versions[0], *versions[4:]):
        delete(each.tag)
    for each in store.versions(datasets.DATASET):
        delete(each.tag)
    deduplicate()
    assert list((empty_model_store / "diamonds-shared-files").iterdir()) == []


def test_versions_without_a_stored_dataset_keep_files_of_their_own(
    empty_model_store: Path, linear: Version
) -> None:
    copy_into(empty_model_store, linear)
    champion = store.promote(linear.tag, "the champion")

    assert deduplicate() == 0

    shutil.rmtree(store.get(linear.tag).folder)
    assert damage(champion) is None
