"""Reads sold stones from where they are kept."""

from pathlib import Path

import pandas as pd

from diamonds.diamond import COLUMNS


class DataError(ValueError):
    """The data cannot be trained on; the message says what was found and what is needed."""


def read_stones(path: Path) -> pd.DataFrame:
    """The stones of a CSV file, columns ``COLUMNS`` as the file has them.

    Raises ``DataError`` when the file is missing, unreadable or lacks a column.
    """
    try:
        frame = pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"Could not read {path} as CSV: {error}") from error
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise DataError(
            f"{path} has columns {', '.join(map(str, frame.columns))}; missing: {', '.join(missing)}."
        )
    return frame[list(COLUMNS)]
