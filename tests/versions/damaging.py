"""Ways in which a file of a version can be damaged, and the versions that have one damage each."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from diamonds.versions import store
from diamonds.versions.version import Version

Damage = Callable[[Path], object]


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path) -> None:
    path.unlink()


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def make_unreadable(path: Path) -> None:
    """Reading the memory of a process where none is mapped fails, also for root, whom no mode stops."""
    path.unlink()
    path.symlink_to("/proc/self/mem")


def write_no_utf8(path: Path) -> None:
    path.write_bytes(b"\xff\xfe" + path.read_bytes()[2:])


DAMAGES: tuple[Damage, ...] = (
    cut,
    empty,
    remove,
    make_a_folder,
    link_to_nowhere,
    make_unreadable,
    write_no_utf8,
)


def files_of(version: Version) -> list[str]:
    """The names of all files of a version."""
    return sorted(path.name for path in version.folder.rglob("*") if path.is_file())


def copy_into(home: Path, version: Version) -> Path:
    """Copies a version into the model store under ``home``; returns its folder there."""
    name, _, number = version.tag.partition(":")
    return Path(shutil.copytree(version.folder, home / "models" / name / number))


def all_cases(version: Version) -> Iterator[tuple[str, Damage]]:
    """Each file of a version with each kind of damage."""
    return ((name, damage) for name in files_of(version) for damage in DAMAGES)


def copied(version: Version, number: str, **labels: str) -> Version:
    """A copy of a version under another number, in the same model store."""
    name, _, _ = version.tag.partition(":")
    folder = copy_into(version.folder.parents[2], replace(version, tag=f"{name}:{number}"))
    rewrite(folder, lambda content: content | {"version": number, "labels": {**content["labels"], **labels}})
    return store.get(f"{name}:{number}")


def rewrite(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    content = yaml.safe_load((folder / "model.yaml").read_text())
    (folder / "model.yaml").write_text(yaml.safe_dump(change(content)))
