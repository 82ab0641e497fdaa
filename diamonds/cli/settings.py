"""``diamonds settings``: lists every setting; also makes the table of settings in the documentation."""

import re
from typing import Annotated

import typer
from pydantic.fields import FieldInfo
from rich.table import Table

from diamonds.cli.output import AsJson, console, print_json
from diamonds.settings import PROJECT, Settings, settings

_PASSWORD = re.compile(r"((?:://|^(?![^:]*://))[^:/@]*):.*@")
_PASSWORD_PARAMETER = re.compile(r"([?&][^=&]*(?:password|token|secret|key|sig)[^=&]*)=[^&#]*", re.IGNORECASE)


def show_settings(
    as_markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Print the defaults as the Markdown table of the docs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show every setting with its present value and its description."""
    if as_markdown and as_json:
        raise typer.BadParameter("Got --markdown and --json; expected one of them.")
    if as_json:
        print_json(_document())
        return
    if as_markdown:
        typer.echo(markdown())
        return
    table = Table(box=None)
    for heading in ("setting", "value", "description"):
        table.add_column(heading, overflow="fold")
    for name, field in Settings.model_fields.items():
        table.add_row(variable(name), _format(getattr(settings(), name)), field.description)
    console().print(table)


def _document() -> dict[str, dict[str, object]]:
    """Each setting by its variable, with numbers as numbers and without passwords."""
    return {
        variable(name): {"value": _value(getattr(settings(), name)), "description": field.description}
        for name, field in Settings.model_fields.items()
    }


def _value(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else _format(value)


def markdown() -> str:
    """The settings with their defaults, as a Markdown table."""
    rows = [
        f"| `{variable(name)}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | description |", "|---|---|---|", *rows])


def variable(name: str) -> str:
    """The environment variable that a setting is read from."""
    return f"DIAMONDS_{name.upper()}"


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    return "unset" if default is None else f"`{_format(default)}`".replace(f"{PROJECT}/", "")


def _format(value: object) -> str:
    if isinstance(value, frozenset):
        value = sorted(map(str, value))
    return "unset" if value is None else without_password(str(value))


def without_password(url: str) -> str:
    """A URL, or any text, without the password in it, also where that has an ``@``, a ``/`` or a ``#``."""
    return _PASSWORD_PARAMETER.sub(r"\1=***", _PASSWORD.sub(r"\1:***@", url))
