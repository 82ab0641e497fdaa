"""Errors of data that cannot be trained on, with messages for the owner of the data."""


class DataError(ValueError):
    """The data cannot be trained on; the message has what is wrong and what is needed."""


class ColumnError(DataError):
    """Columns are missing or ambiguous; the message lists the columns, what is needed, and likely matches."""
