"""Counts the requests in flight, and cancels one that reaches its deadline."""

import asyncio
from collections.abc import Awaitable
from typing import Any

Task = asyncio.Task[Any]


class DeadlineExceeded(Exception):
    """No response was ready within the limit."""


class RequestsInFlight:
    """The requests that are being answered; cancels one that takes longer than the limit.

    One timer serves all, for they have one limit: the oldest is always the first to reach it. A timer for
    each, as of ``asyncio.timeout``, costs several times as much.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._started: dict[Task, float] = {}
        self._late: set[Task] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._started)

    async def run(self, response: Awaitable[None]) -> None:
        """Awaits the response to the request of this task; raises DeadlineExceeded."""
        task: Any = asyncio.current_task()
        self._enter(task)
        try:
            await response
        except asyncio.CancelledError:
            if task in self._late:
                raise DeadlineExceeded from None
            raise
        finally:
            self._leave(task)

    def _enter(self, task: Task) -> None:
        loop = task.get_loop()
        self._started[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._limit_s, self._cancel_late)

    def _leave(self, task: Task) -> None:
        del self._started[task]
        if task in self._late:
            self._late.discard(task)
            task.uncancel()

    def _cancel_late(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        for task, started in self._started.items():
            if loop.time() < started + self._limit_s:
                self._timer = loop.call_at(started + self._limit_s, self._cancel_late)
                return
            if task not in self._late:
                self._late.add(task)
                task.cancel()
