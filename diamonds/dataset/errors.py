"""What goes wrong with data, in words for whoever owns the data."""


class DataError(ValueError):
    """The data cannot be trained on; the message says what was found and what is needed."""


class ColumnError(DataError):
    """Columns are missing or ambiguous; the message lists what was found, what is needed and near guesses."""
