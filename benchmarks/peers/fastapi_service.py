"""The service that one would otherwise write: FastAPI, XGBoost, and an INSERT for each request.

    python -m benchmarks.peers.fastapi_service DIAMONDS.csv MODEL.ubj
    PEER_MODEL=MODEL.ubj PEER_DATABASE_URL=... uvicorn --factory benchmarks.peers.fastapi_service:service

The first trains. Exchanges are inserted after the response was sent, in a background task.
"""

import os
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
import xgboost as xgb
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel, Field

from benchmarks.peers.trees import FEATURES, LEVELS, PARAMETERS

EXCHANGES = sa.Table(
    "peer_exchanges",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("request", sa.JSON),
    sa.Column("response", sa.JSON),
    sa.Column("seconds", sa.Float),
)


class Diamond(BaseModel):
    carat: float = Field(gt=0)
    cut: str
    color: str
    clarity: str
    depth: float
    table: float
    x: float
    y: float
    z: float


def frame_of(rows: pd.DataFrame | list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=FEATURES)
    for column, levels in LEVELS.items():
        frame[column] = pd.Categorical(frame[column], categories=levels, ordered=True)
    return frame


def service() -> FastAPI:
    """The app, with the trees and the database that the environment names."""
    app = FastAPI()
    trees = xgb.XGBRegressor(enable_categorical=True)
    trees.load_model(os.environ["PEER_MODEL"])
    engine = sa.create_engine(os.environ["PEER_DATABASE_URL"])
    EXCHANGES.create(engine, checkfirst=True)

    def save(request: dict[str, Any], response: dict[str, Any], seconds: float) -> None:
        with engine.begin() as connection:
            values = {"request": request, "response": response, "seconds": seconds}
            connection.execute(EXCHANGES.insert().values(values))

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    @app.post("/predict")
    def predict(diamond: Diamond, background: BackgroundTasks) -> dict[str, float]:
        started = time.perf_counter()
        body = diamond.model_dump()
        answer = {"price": float(np.exp(trees.predict(frame_of([body]))[0]))}
        background.add_task(save, body, answer, time.perf_counter() - started)
        return answer

    return app


def train(data: str, model: str) -> None:
    stones = pd.read_csv(data)
    trees = xgb.XGBRegressor(enable_categorical=True, **PARAMETERS)
    trees.fit(frame_of(stones), np.log(stones["price"]))
    trees.save_model(model)


if __name__ == "__main__":
    train(*sys.argv[1:])
