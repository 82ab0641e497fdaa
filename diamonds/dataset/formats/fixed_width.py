"""Splits text in columns of a fixed width at the spaces that run through all its lines."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

_FEWEST_COLUMNS = 3


def fixed_width_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of each line, none when no spaces run through all lines.

    A word of the header that stands over no cell belongs to the name before it.
    """
    filled = [line.expandtabs().rstrip() for line in lines if line.strip()]
    width = max(map(len, filled), default=0)
    padded = [line.ljust(width) for line in filled]
    bounds = _bounds(padded, width)
    if len(bounds) < _FEWEST_COLUMNS or len(padded) < 2:
        return []
    return [[line[start:end].strip() for start, end in bounds] for line in padded]


def _bounds(lines: Sequence[str], width: int) -> list[tuple[int, int]]:
    blank = [all(line[position] == " " for line in lines) for position in range(width)]
    starts = [at for at in range(width) if not blank[at] and (at == 0 or blank[at - 1])]
    pieces = list(pairwise([*starts, width]))
    return list(_merged(pieces, lines[1:]))


def _merged(pieces: Sequence[tuple[int, int]], data: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The pieces, each together with those after it that have no cells."""
    waiting: tuple[int, int] | None = None
    for start, end in pieces:
        if waiting and not any(line[start:end].strip() for line in data):
            waiting = waiting[0], end
            continue
        if waiting:
            yield waiting
        waiting = start, end
    if waiting:
        yield waiting
