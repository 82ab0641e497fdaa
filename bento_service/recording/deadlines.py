"""The requests that are being answered: how many there are, and that none takes too long."""

import asyncio
from collections.abc import Awaitable
from typing import Any

Task = asyncio.Task[Any]


class TookTooLong(Exception):
    """No answer was ready within the limit."""


class Running:
    """Counts requests, and cancels one that runs longer than the limit.

    One timer serves all, for they have one limit: the oldest is always the first to reach it. A timer for
    each, as of ``asyncio.timeout``, costs several times as much.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._began: dict[Task, float] = {}
        self._late: set[Task] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._began)

    async def run(self, answering: Awaitable[None]) -> None:
        """Waits for what answers the request of this task; raises TookTooLong."""
        task: Any = asyncio.current_task()
        self._enter(task)
        try:
            await answering
        except asyncio.CancelledError:
            if task in self._late:
                raise TookTooLong from None
            raise
        finally:
            self._leave(task)

    def _enter(self, task: Task) -> None:
        loop = task.get_loop()
        self._began[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._limit_s, self._cancel_late)

    def _leave(self, task: Task) -> None:
        del self._began[task]
        if task in self._late:
            self._late.discard(task)
            task.uncancel()

    def _cancel_late(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        for task, began in self._began.items():
            if loop.time() < began + self._limit_s:
                self._timer = loop.call_at(began + self._limit_s, self._cancel_late)
                return
            if task not in self._late:
                self._late.add(task)
                task.cancel()
