"""What the program and the service import when they start: heavy packages only where they are used."""

import subprocess
import sys

import pytest

HEAVY = (
    "alembic", "bentoml", "catboost", "lightgbm", "matplotlib", "numpy", "optuna", "pandas", "polars",
    "prefect", "pyarrow", "scipy", "skops", "sklearn", "sqlalchemy", "streamlit", "xgboost",
)  # fmt: skip

COMMAND = "from diamonds.cli.app import app; app({arguments}, standalone_mode=False)"
TABLES = {"bentoml", "numpy", "pandas", "polars", "pyarrow", "sqlalchemy"}
"""What reads the model store, and the files of stones in it."""


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (COMMAND.format(arguments=["--help"]), set()),
        (COMMAND.format(arguments=["settings"]), set()),
        ("import diamonds.cli.run", set()),
        ("import diamonds.stack.guardian", set()),
        (COMMAND.format(arguments=["models"]), TABLES),
        (COMMAND.format(arguments=["history"]), TABLES),
        ("import diamonds.exchanges.shipping.__main__", {"sqlalchemy", "alembic"}),
        ("import bento_service.service", {*TABLES, "alembic"}),
    ],
)
def test_only_what_is_used_is_imported(code: str, allowed: set[str]) -> None:
    show = f"import sys; print('\\n', *{set(HEAVY)!r} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], stdout=subprocess.PIPE, text=True, check=True
    )

    assert set(done.stdout.splitlines()[-1].split()) <= allowed
