"""What one check has found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence on one thing that was checked; where it is wrong, with what would help."""

    check: str
    ok: bool
    message: str


def right(check: str, message: str) -> Finding:
    return Finding(check, True, message)


def wrong(check: str, message: str) -> Finding:
    return Finding(check, False, message)
