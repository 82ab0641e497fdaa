"""Splits text in columns of a fixed width at the spaces that run through all its lines."""

from collections.abc import Sequence
from itertools import pairwise

from diamonds.dataset.columns.names import is_known

_FEWEST_COLUMNS = 3
_HEADER_WITHIN = 50
_WIDEST = 5_000
"""Of a longer line, in characters, looking at each would take long; it has no columns of a fixed width."""


def fixed_width_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of each line, none when no spaces run through all lines.

    Two spaces separate columns; one does where more names are recognised so, and a word of the header that
    stands over no cell belongs to the name next to it.
    """
    filled = [line.expandtabs().rstrip() for line in lines if line.strip()]
    width = max(map(len, filled), default=0)
    if width > _WIDEST:
        return []
    padded = [line.ljust(width) for line in filled]
    ways = [_cells(padded, _bounds(padded, width, gap)) for gap in (2, 1)]
    return max(
        ways, key=lambda rows: max((sum(map(is_known, row)) for row in rows[:_HEADER_WITHIN]), default=0)
    )


def _cells(lines: Sequence[str], bounds: Sequence[tuple[int, int]]) -> list[list[str]]:
    if len(bounds) < _FEWEST_COLUMNS or len(lines) < 2:
        return []
    return [[line[start:end].strip() for start, end in bounds] for line in lines]


def _bounds(lines: Sequence[str], width: int, gap: int) -> list[tuple[int, int]]:
    blank = [True] * gap + [all(line[position] == " " for line in lines) for position in range(width)]
    starts = [at for at in range(width) if not blank[at + gap] and all(blank[at : at + gap])]
    if len(starts) < _FEWEST_COLUMNS:
        return []
    words = [(start, lines[0][start:].find(" ") + start) for start in starts]
    has_cells = [
        any(line[start:end].strip() for line in lines[1:]) for start, end in pairwise([*starts, width])
    ]
    kept = [at for at in range(len(starts)) if at == 0 or not _continues(at, words, has_cells)]
    return list(pairwise([*(starts[at] for at in kept), width]))


def _continues(at: int, words: Sequence[tuple[int, int]], has_cells: Sequence[bool]) -> bool:
    """Whether the piece of a header at this position belongs to the name before it."""
    return words[at][0] - words[at - 1][1] == 1 and not (has_cells[at] and has_cells[at - 1])
