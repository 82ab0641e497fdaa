"""Compares a lock with pip's constraints, which uv takes beside hashes only as exact versions."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pip._internal.exceptions import InstallationError
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name


def contradictions(lock: Path, constraints: str) -> list[str]:
    """A sentence on each package of the lock that a constraint forbids, or on what cannot be read.

    ``constraints`` are files or URLs with spaces between them, as pip is configured with them.
    """
    try:
        return list(_contradictions(lock, constraints.split()))
    except InstallationError as error:  # as pip itself would end
        return [f"{error}."]


def _contradictions(lock: Path, sources: Iterable[str]) -> Iterator[str]:
    pins = {canonicalize_name(pin.name): pin for pin in _requirements(str(lock))}
    for source in sources:
        for each in _requirements(source):
            pin = pins.get(canonicalize_name(each.name))
            if pin is not None and not _allows(each, pin):
                locked = f"{lock.name} has {pin.name}{pin.specifier}"
                yield f"{locked}, and the constraint {each} of {source} forbids it."


def _requirements(source: str) -> Iterator[Requirement]:
    """What a file says of this Python and system; lines of folders and URLs without a name say nothing."""
    for line in parse_requirements(source, PipSession(), constraint=True):
        try:
            requirement = Requirement(line.requirement)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _allows(constraint: Requirement, pin: Requirement) -> bool:
    (exact,) = pin.specifier
    return constraint.url is None and constraint.specifier.contains(exact.version, prereleases=True)
