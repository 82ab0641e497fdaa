"""Checks on the spot whether ``diamonds`` can run on this machine, and says what is wrong."""

from collections.abc import Callable, Iterator

from diamonds.doctor.database import check_database
from diamonds.doctor.finding import Finding
from diamonds.doctor.folders import check_disk, check_disk_use, check_home, check_run, check_temporary_folder
from diamonds.doctor.machine import (
    check_environment,
    check_memory,
    check_python,
    check_settings,
    check_user,
    check_variables,
)
from diamonds.doctor.models import check_models
from diamonds.doctor.network import check_localhost, check_ports, check_prefect, check_service
from diamonds.doctor.system import check_locks, check_processes, check_system

__all__ = ["Finding", "examine"]

_CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    *(check_variables, check_python, check_environment, check_system, check_memory, check_user),
    *(check_home, check_disk, check_disk_use, check_locks, check_temporary_folder, check_run),
    *(check_localhost, check_ports, check_database, check_prefect, check_models, check_service),
)


def examine() -> Iterator[Finding]:
    """All findings, one after the other; only the first where they are wrong, as all else depends on them."""
    first = [*check_settings(), *check_processes()]
    yield from first
    if all(finding.ok for finding in first):
        for check in _CHECKS:
            yield from check()
