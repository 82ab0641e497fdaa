"""A built Bento holds the champion and serves from its own folder, without our source tree or model store."""

import re
import subprocess
import sys
from pathlib import Path

import bentoml
import pytest

from diamonds.database import database_url, running
from diamonds.diamond import Diamond
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT
from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE
from tests.bento_service.serving import serving


@pytest.fixture
def bento(xgboost: Version, tmp_path: Path) -> Path:
    """The folder of a Bento with xgboost as champion, as `bentoml export` makes it to be taken elsewhere."""
    store.promote(xgboost.tag, "to be built")
    build = [sys.executable, "-m", "bentoml", "build", str(PROJECT), "--output", "tag"]
    built = subprocess.run(build, capture_output=True, text=True, check=True, cwd=PROJECT).stdout
    (version,) = re.findall(r"[a-z0-9]{16}$", built.strip())
    return Path(bentoml.export_bento(f"diamonds:{version}", str(tmp_path / "bento"), "folder"))


@pytest.mark.slow
def test_a_bento_serves_its_champion_from_its_own_folder(
    bento: Path, xgboost: Version, tmp_path: Path
) -> None:
    assert not (bento / "src" / "tests").exists()
    (tmp_path / "elsewhere").mkdir()
    with running():
        away = {"BENTOML_HOME": str(tmp_path / "elsewhere"), "DIAMONDS_DATABASE_URL": database_url()}
        served = serving(tmp_path / "log", folder=bento, environment=away, until="/readyz")
        with served as service, service.client() as client:
            quote = client.post("/predict", json=STONE).json()
            named = client.post("/predict", json={**STONE, "model": "xgboost"}).json()
    assert quote["version"] == named["version"] == xgboost.tag
    assert [quote["price"]] == load_pricer(xgboost).prices_usd([Diamond.model_validate(STONE)])
