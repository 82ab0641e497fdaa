"""In which order versions were promoted or accepted: by their numbers, not by a clock."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

from diamonds.versions.history import newest_first
from diamonds.versions.version import ACCEPTED, Version


def test_an_accepted_copy_of_a_version_without_a_number_comes_first_whatever_their_tags() -> None:
    saved_at = datetime(2026, 1, 1, tzinfo=UTC)
    original = Version("diamonds-linear:original", saved_at, {}, {}, Path())
    copy = Version("diamonds-linear:copy", saved_at, {ACCEPTED: "1"}, {}, Path())

    for versions in permutations([original, copy]):
        assert newest_first(versions, ACCEPTED) == [copy, original]
