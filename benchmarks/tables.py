"""Prints tables in Markdown, row by row, so that what was measured is seen at once."""

from collections.abc import Iterable


def print_header(*columns: str, text: int = 1) -> None:
    """The names of the columns; the first ``text`` of them are aligned to the left."""
    print_row(columns)
    print(f"|{'|'.join(['---'] * text + ['---:'] * (len(columns) - text))}|", flush=True)


def print_row(cells: Iterable[object]) -> None:
    """One row; None is an empty cell."""
    print(f"| {' | '.join('' if cell is None else str(cell) for cell in cells)} |", flush=True)
