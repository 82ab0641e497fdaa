"""What the program and the service import when they start: heavy packages only where they are used."""

import subprocess
import sys

import pytest

from diamonds.versions.version import Version

HEAVY = (
    "alembic", "bentoml", "catboost", "fastapi", "lightgbm", "matplotlib", "numpy", "optuna", "pandas",
    "polars", "prefect", "pyarrow", "scipy", "skops", "sklearn", "sqlalchemy", "streamlit", "xgboost",
)  # fmt: skip

COMMAND = "from diamonds.cli.app import app; app({arguments}, standalone_mode=False)"
MODEL_STORE = {"bentoml", "numpy", "sqlalchemy"}
"""What reads the model store, but no files of stones, nor describes the API."""


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (COMMAND.format(arguments=["--help"]), set()),
        (COMMAND.format(arguments=["settings"]), set()),
        ("import diamonds.cli.run", set()),
        ("import diamonds.stack.guardian", set()),
        (COMMAND.format(arguments=["models"]), MODEL_STORE),
        (COMMAND.format(arguments=["history"]), MODEL_STORE),
        ("import diamonds.exchanges.shipping.__main__", {"sqlalchemy"}),
        ("import bento_service.service", {"bentoml"}),  # as the process that starts the workers
        ("import bento_service.service, bento_service.worker_app", MODEL_STORE),
    ],
)
def test_only_what_is_used_is_imported(code: str, allowed: set[str]) -> None:
    assert imported_by(code) <= allowed


def test_a_quote_of_trees_does_without_scikit_learn_and_pandas(xgboost: Version) -> None:
    stone = ["--carat=0.7", "--cut=Ideal", "--color=G", "--clarity=VS2", f"--model={xgboost.tag}"]
    code = COMMAND.format(arguments=["predict", *stone])
    later = "\nimport sklearn.base, xgboost; print(sklearn.base.BaseEstimator)"

    assert imported_by(code) == {"bentoml", "numpy", "scipy", "xgboost"}
    assert "sklearn" in imported_by(code + later)


def imported_by(code: str) -> set[str]:
    """The heavy packages that are imported once the code has run in a process of its own."""
    show = f"import sys; print('\\n', *{set(HEAVY)!r} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], stdout=subprocess.PIPE, text=True, check=True
    )

    return set(done.stdout.splitlines()[-1].split())
