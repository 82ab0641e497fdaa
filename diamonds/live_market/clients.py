"""The clients of a simulated market: they have stones quoted over HTTP, and report sales some days later."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from diamonds.keys import admin_key
from diamonds.monitoring.market import Day, Market, stone_of
from diamonds.settings import settings

_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Clients:
    """The market's clients at an accelerated clock, whose day lasts ``day_seconds``.

    ``sales`` are those that were reported: ``version``, ``day`` of the quote, day
    ``sold_on``, ``price``, ``predicted``.
    """

    market: Market
    day_seconds: float
    sales: list[dict[str, Any]] = field(default_factory=list)
    _pending: list[dict[str, Any]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        key = (settings().home / admin_key.NAME).read_text().strip()
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{settings().service_port}",
            headers={"authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=60,
        )

    def live(self, day: Day) -> None:
        """Lets one day pass: every call at its time, and the sales of these and earlier days at theirs."""
        asked = [self._quote(row) for row in self._at_their_times(day.calls)]
        quoted = np.array([answer.get("price", np.nan) for answer in asked], dtype="float64")
        sales: list[dict[Any, Any]] = self.market.sales(day, quoted).to_dict("records")
        for sale in sales:
            answer = asked[sale["place"]]
            kept = {name: answer[name] for name in ("exchange_id", "version", "low", "high")}
            self._pending.append(
                {
                    **kept,
                    **{str(name): value for name, value in sale.items()},
                    "predicted": answer["price"],
                    "day": day.number,
                }
            )
        self._wait_for(self.market.start + _ONE_DAY * (day.number + 1))

    def _at_their_times(self, calls: pd.DataFrame) -> Iterator[dict[Any, Any]]:
        for row in calls.to_dict("records"):
            self._wait_for(row["at"])
            yield row

    def _wait_for(self, moment: datetime) -> None:
        """Waits until it is that time in the market; what was sold by then is reported."""
        self._report(moment)
        due = self._started + (moment - self.market.start) / _ONE_DAY * self.day_seconds
        time.sleep(max(0.0, due - time.monotonic()))

    def _quote(self, row: dict[Any, Any]) -> dict[str, Any]:
        """What the service answers, with the id of the exchange; without a price for a bad request."""
        stone = {**stone_of(row), "carat": -1.0} if row["bad"] else stone_of(row)
        response = self._http.post("/predict", json=stone, headers={"user-agent": row["user_agent"]})
        answer: dict[str, Any] = response.json()
        return {**answer, "exchange_id": response.headers["x-exchange-id"]}

    def _report(self, moment: datetime) -> None:
        due = [sale for sale in self._pending if sale["sold_at"] <= moment]
        if not due:
            return
        self._pending = [sale for sale in self._pending if sale["sold_at"] > moment]
        rows = [{"exchange_id": sale["exchange_id"], "price": sale["price"]} for sale in due]
        self._http.post("/feedback", json={"feedback": rows}).raise_for_status()
        self.sales += [{**sale, "sold_on": (sale["sold_at"] - self.market.start).days} for sale in due]

    def monitored(self) -> dict[str, Any]:
        """What ``GET /monitor`` answers."""
        answer: dict[str, Any] = self._http.get("/monitor").raise_for_status().json()
        return answer

    def promote(self, version: str) -> None:
        """Forces a version through."""
        body = {"version": version, "force": True}
        self._http.post("/promotions", json=body).raise_for_status()

    def newest_of(self, model: str) -> str:
        """The tag of the newest version of a model."""
        versions = self._http.get(f"/models/{model}").raise_for_status().json()["versions"]
        return str(versions[0]["version"])


def write_data(stones: pd.DataFrame, file: Path, number: int, seed: int) -> pd.DataFrame:
    """Writes so many of the stones to a file, as the market's data; returns as many others, to be quoted."""
    chosen = stones.sample(min(2 * number, len(stones)), random_state=seed)
    chosen.iloc[:number].to_csv(file, index=False)
    return chosen.iloc[number:].reset_index(drop=True)
