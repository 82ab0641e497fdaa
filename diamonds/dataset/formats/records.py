"""Finds the records in a JSON document, and flattens records that are nested in one another."""

from collections.abc import Iterator, Mapping
from typing import Any

from diamonds.dataset.columns.names import is_known
from diamonds.dataset.errors import DataError

Record = dict[str, Any]
_DEEPEST = 8


def records_in(document: Any, place: str) -> list[Any]:
    """The longest list of records, or of rows, in a document; raises ``DataError`` when there is none."""
    lists = sorted(_lists(document, 0), key=len)
    if not lists:
        raise DataError(f"{place} is JSON without a list of records; one object a stone is needed.")
    return _unmixed(lists[-1], place)


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Record:
    """A record with the values of those in it under names such as ``price.amount``; lists become text."""
    values: Record = {}
    for name, value in record.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and depth < _DEEPEST:
            values |= flat(value, f"{path}.", depth + 1)
        elif isinstance(value, list):
            values[path] = (
                " x ".join(map(str, value)) if value and not isinstance(value[0], dict | list) else None
            )
        else:
            values[path] = value
    return values


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        if value and all(isinstance(item, dict | list) for item in value[:10]):
            yield value
    elif isinstance(value, dict):
        if table := _table_of_columns(value):
            yield table
        for inner in value.values():
            yield from _lists(inner, depth + 1)


def _unmixed(records: list[Any], place: str) -> list[Any]:
    kind = type(records[0])
    if not all(isinstance(record, kind) for record in records):
        raise DataError(f"{place} is a JSON list of objects mixed with lists; one object a stone is needed.")
    return records


def _table_of_columns(document: Mapping[str, Any]) -> list[Any]:
    """The records of a mapping from columns or from stones to their cells, as pandas writes them."""
    columns, data = document.get("columns"), document.get("data")
    if isinstance(columns, list) and isinstance(data, list) and data and isinstance(data[0], list):
        return [columns, *data]
    cells = [column for column in document.values() if isinstance(column, list | dict)]
    if len(cells) < max(2, len(document)):
        return []
    return _of_lists(document) if isinstance(cells[0], list) else _of_mappings(document)


def _of_lists(columns: Mapping[str, Any]) -> list[Any]:
    known = sum(map(is_known, columns)) > 1 and all(isinstance(cells, list) for cells in columns.values())
    if not known or len({len(cells) for cells in columns.values()}) > 1:
        return []
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_mappings(document: Mapping[str, Any]) -> list[Any]:
    values = list(document.values())
    if not all(isinstance(value, dict) for value in values):
        return []
    if sum(map(is_known, document)) > 1 and not any(isinstance(cell, dict) for cell in values[0].values()):
        rows = dict.fromkeys(row for column in values for row in column)
        return [{name: column.get(row) for name, column in document.items()} for row in rows]
    return values if sum(map(is_known, flat(values[0]))) > 1 and len(values) > 1 else []
