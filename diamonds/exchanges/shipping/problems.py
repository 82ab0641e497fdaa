"""Classifies the database's errors by SQLSTATE: those that may pass by themselves, and the others."""

from typing import Literal

from sqlalchemy.exc import DataError, DBAPIError, ProgrammingError

State = Literal["away", "busy", "refusing"]

_AWAY = {"08", "57P01", "57P02", "57P03", "57P04", "57P05"}
_BUSY = {"25", "40", "53", "55", "57", "58"}
_SUMMARIES = {
    "away": "the database is away",
    "busy": "the database is busy",
    "25006": "the database is read-only",
    "refusing": "the database refuses every exchange",
}
_STARTING_OR_FULL = ("starting up", "shutting down", "recovery", "not yet accepting", "too many", "remaining")
"""Parts of the messages of a server that may accept the connection later; there is no SQLSTATE then."""


class DatabaseProblem(Exception):
    """The database takes no exchange at present, whatever is in it; the text is fit for ``/readyz``.

    ``state`` is "away" when there is no connection, "busy" when its own state may pass (locked, full,
    read-only), and "refusing" when somebody has to change something: a missing table or right, a password.
    """

    def __init__(self, state: State, summary: str, sqlstate: str | None = None) -> None:
        super().__init__(summary)
        self.state, self.sqlstate = state, sqlstate

    @property
    def cause(self) -> tuple[str, str | None]:
        """What is the same as long as the problem is, when its text names other files and processes."""
        return self.state, self.sqlstate

    @classmethod
    def of(cls, error: Exception) -> "DatabaseProblem":
        """Describes an error that every exchange meets."""
        if isinstance(error, DatabaseProblem):
            return error
        if is_login_refused(error):
            return cls("refusing", "the database refuses the connection: check user, password and database")
        state, sqlstate = state_of(error), sqlstate_of(error)
        if state == "away":
            return cls(state, _SUMMARIES[state])
        reason = f"{reason_of(error)} ({sqlstate})" if sqlstate else reason_of(error)
        summary = _SUMMARIES.get(sqlstate or "", _SUMMARIES[state])
        return cls(state, f"{summary}: {reason}", sqlstate)


def state_of(error: Exception) -> State:
    """What an error says of the database, provided that no exchange is to blame."""
    if is_connection_lost(error) or isinstance(error, OSError):
        return "away"
    return "busy" if (sqlstate_of(error) or "")[:2] in _BUSY else "refusing"


def may_pass(error: Exception) -> bool:
    """Whether the same exchange may be taken later, without a change to it or to the database's schema."""
    return state_of(error) != "refusing"


def is_connection_lost(error: Exception) -> bool:
    """Whether the connection ended, rather than that a statement failed on it."""
    sqlstate = sqlstate_of(error)
    if sqlstate is not None:
        return sqlstate in _AWAY or sqlstate[:2] in _AWAY
    # The driver's own error: no connection, or a value that it cannot send.
    return isinstance(error, DBAPIError) and not isinstance(error, DataError | ProgrammingError)


def is_login_refused(error: Exception) -> bool:
    """Whether the server answered, but not to this user, password or database."""
    text = str(getattr(error, "orig", ""))
    refused = isinstance(error, DBAPIError) and sqlstate_of(error) is None and "FATAL:" in text
    return refused and not any(part in text for part in _STARTING_OR_FULL)


def sqlstate_of(error: Exception) -> str | None:
    """The SQLSTATE of an error, or None where it does not come from the server."""
    return getattr(getattr(error, "orig", None), "pgcode", None)


def reason_of(error: Exception) -> str:
    """The first line of an error: later ones may quote what was to be stored, which must not be logged."""
    return (str(getattr(error, "orig", error)).splitlines() or [type(error).__name__])[0]
