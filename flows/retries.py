"""Which errors of tasks are worth another try."""

from typing import Any

from prefect import State

from diamonds.sharing.files import StoreAway


def store_away(_task: object, _task_run: object, state: State[Any]) -> bool:
    """Whether the shared model store did not answer."""
    return _is_of(state, StoreAway)


def could_not_read(_task: object, _task_run: object, state: State[Any]) -> bool:
    """Whether a file or a connection failed."""
    return _is_of(state, OSError)


def _is_of(state: State[Any], kind: type[Exception]) -> bool:
    try:
        state.result()
    except Exception as error:  # noqa: BLE001 - only looks at its type; Prefect raises it in the flow
        return isinstance(error, kind) or isinstance(error.__cause__, kind)
    return False
