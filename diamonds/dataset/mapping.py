"""Names for the columns of one source of data, saved under a name for its next file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.options import Options
from diamonds.settings import settings

_NAME = re.compile(r"[\w-]{1,60}")


class ColumnMapping(BaseModel):
    """Which column of a source is which, and how it writes grades, where that is not seen from a file.

    ``columns`` has the source's column by our column or role; ``header`` are the names of the columns of
    files without a header, in their order; ``grades`` has grades by the source's spellings for each column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str] = {}
    header: tuple[str, ...] = ()
    grades: dict[str, dict[str, str]] = {}

    @classmethod
    def of_settings(cls) -> Self:
        """The mapping that the settings name, if any, with the names for a missing header that they have."""
        chosen = settings()
        mapping = cls.named(chosen.mapping) if chosen.mapping else cls()
        return mapping.model_copy(update={"header": tuple(chosen.columns)}) if chosen.columns else mapping

    @classmethod
    def chosen(cls, name: str | None, header: str | None) -> Self:
        """The mapping of that name, or of the settings, with the names of ``header``, separated by commas."""
        mapping = cls.named(name) if name else cls.of_settings()
        return mapping.with_columns({}, [part.strip() for part in header.split(",")] if header else [])

    @classmethod
    def named(cls, name: str) -> Self:
        """The mapping that was saved under this name; raises ``DataError`` when there is none."""
        path = _path(name)
        if not path.is_file():
            saved = ", ".join(mapping_names()) or "none"
            raise DataError(f"There is no mapping {name!r}; saved are: {saved}.")
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def save(self, name: str) -> Path:
        """Saves the mapping under a name of letters, digits, ``-`` and ``_``."""
        path = _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2), encoding="utf-8")
        return path

    def with_columns(self, columns: Mapping[str, str], header: Sequence[str] = ()) -> Self:
        """This mapping with more columns, and with another header if one is passed."""
        update = {"columns": self.columns | dict(columns), "header": tuple(header) or self.header}
        return self.model_copy(update=update)

    def with_grades(self, grades: Mapping[str, Mapping[str, str]]) -> Self:
        """This mapping with more grades by their spellings."""
        columns = self.grades.keys() | grades.keys()
        merged = {column: {**self.grades.get(column, {}), **grades.get(column, {})} for column in columns}
        return self.model_copy(update={"grades": merged})

    def all_grades(self) -> dict[str, dict[str, str]]:
        """Grades by their spellings: those of the settings, before which those of this mapping prevail."""
        return type(self)(grades=settings().grades).with_grades(self.grades).grades

    def aliases(self) -> dict[str, list[str]]:
        """The names of columns that prevail: those of the settings, and before them those of this mapping."""
        aliases = dict(settings().column_aliases)
        return aliases | {role: [name] for role, name in self.columns.items()}

    def options(self) -> Options:
        """What readers need to know of it."""
        return Options(columns=self.header)


def mapping_names() -> list[str]:
    """The names of the saved mappings."""
    return sorted(file.stem for file in _folder().glob("*.json"))


def _folder() -> Path:
    return settings().home / "mappings"


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise DataError(f"Got {name!r} as the name of a mapping; expected letters, digits, - and _.")
    return _folder() / f"{name}.json"
