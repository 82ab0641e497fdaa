"""Versions as files, which hosts with model stores of their own import."""

import pytest

from diamonds.model_files.transfer import export_version
from diamonds.versions.version import Version


@pytest.fixture(scope="module")
def files(linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two versions as files to import."""
    folder = tmp_path_factory.mktemp("versions")
    paths = [folder / f"{version.model}.bentomodel" for version in (linear, xgboost)]
    for path, version in zip(paths, (linear, xgboost), strict=True):
        path.write_bytes(export_version(version.tag))
    return [str(path) for path in paths]
