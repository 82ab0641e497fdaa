"""Files that would run code or exhaust the machine when loaded are refused, and nothing in them runs."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import yaml

from diamonds.model_files.archive import pack
from diamonds.model_files.errors import BadVersionFile
from diamonds.model_files.isolation import restricted_environment
from diamonds.model_files.transfer import import_version
from diamonds.versions import store
from diamonds.versions.version import Version

IN_THE_SANDBOX = """
import os, pickle, socket, subprocess, sys
from pathlib import Path
from diamonds.model_files.sandbox import leave_network, limit_resources, refuse_side_effects

limit_resources()
place = Path(sys.argv[1])
print("network", leave_network() and len(Path("/proc/net/dev").read_text().splitlines()) - 2)
refuse_side_effects(place)
for name, attempt in {
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "resolve": lambda: socket.getaddrinfo("localhost", 80),
    "program": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "pickle": lambda: pickle.loads(b"cos\\nsystem\\n."),
    "outside": lambda: Path(sys.argv[2]).write_text("written"),
    "link": lambda: (place / "link").write_text("written"),
    "memory": lambda: bytearray(7 * 1024**3),
    "large": lambda: (place / "large").open("wb").truncate(600 * 1024**2),
    "inside": lambda: (place / "inside").write_text("written"),
}.items():
    try:
        attempt()
    except (OSError, MemoryError) as error:
        print(name, type(error).__name__)
    else:
        print(name, "done")
"""


class Touches:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.path}",)


def calls_a_program(marker: Path) -> bytes:
    """A pipeline of skops' own format with a function that nobody should call."""
    import skops.io  # here, as it looks through all modules, which takes seconds where there are thousands
    from sklearn.preprocessing import FunctionTransformer

    transformer = FunctionTransformer(func=os.system, kw_args={"command": f"touch {marker}"})
    return bytes(skops.io.dumps(transformer))


def pickle_in_an_array(marker: Path) -> bytes:
    """A file of skops whose array of numbers is one of pickled objects."""
    import skops.io
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.arange(6.0).reshape(3, 2))
    pickled = io.BytesIO()
    np.save(pickled, np.array([Touches(marker)], dtype=object), allow_pickle=True)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(scaler))) as saved, zipfile.ZipFile(changed, "w") as file:
        for name in saved.namelist():
            file.writestr(name, pickled.getvalue() if name.endswith(".npy") else saved.read(name))
    return changed.getvalue()


def pickled(marker: Path) -> bytes:
    import pickle

    return pickle.dumps(Touches(marker))


def of_lightgbm(_marker: Path) -> bytes:
    """A model in text with more leaves than any memory holds."""
    return b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=8\n\nTree=0\nnum_leaves=2147483647\nnum_cat=0\n"


def of_catboost(_marker: Path) -> bytes:
    """CatBoost's signature, and a length beyond the end of the file."""
    return b"CBM1" + (2**32 - 1).to_bytes(4, "little") + b"\xff" * 64


def of_xgboost(_marker: Path) -> bytes:
    """Binary JSON with a key that is longer than the file."""
    return b"{L" + (2**62).to_bytes(8, "big") + b"learner"


@pytest.mark.parametrize(
    ("model", "name", "content"),
    [
        ("mlp", "pipeline.skops", calls_a_program),
        ("mlp", "pipeline.skops", pickle_in_an_array),
        ("mlp", "pipeline.skops", pickled),
        ("lightgbm", "booster.txt", of_lightgbm),
        ("catboost", "booster.cbm", of_catboost),
        ("xgboost", "booster.ubj", of_xgboost),
    ],
)
def test_a_poisoned_model_is_refused_and_nothing_in_it_runs(
    xgboost: Version, tmp_path: Path, model: str, name: str, content: Callable[[Path], bytes]
) -> None:
    marker = tmp_path / "it ran".replace(" ", "-")
    folder = tmp_path / "version"
    shutil.copytree(xgboost.folder, folder)
    rename(folder, model)
    sign(folder, name, content(marker))

    with pytest.raises(BadVersionFile, match="It could not be loaded"):
        import_version(pack(folder))

    assert not marker.exists()
    assert [version.tag for version in store.readable(model) if version.tag.endswith("poisoned")] == []


def rename(folder: Path, model: str) -> None:
    metadata = yaml.safe_load((folder / "model.yaml").read_text())
    metadata |= {"name": f"diamonds-{model}", "version": "poisoned"}
    metadata["labels"]["model"] = model
    (folder / "model.yaml").write_text(yaml.safe_dump(metadata))


def sign(folder: Path, name: str, content: bytes) -> None:
    """Writes a file of the version and its hash into the manifest, as somebody with the best tools would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest[name] = sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_manifest_that_names_files_elsewhere_is_refused(xgboost: Version, tmp_path: Path) -> None:
    folder = tmp_path / "version"
    shutil.copytree(xgboost.folder, folder)
    rename(folder, "xgboost")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["../../../../etc/hostname"] = sha256(b"").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(BadVersionFile, match=r"\.\./etc/hostname of .* is missing or not the file"):
        import_version(pack(folder))


def test_the_sandbox_lets_nothing_out_and_writes_in_its_folder_alone(tmp_path: Path) -> None:
    place, outside = tmp_path / "place", tmp_path / "outside"
    place.mkdir()
    (place / "link").symlink_to(outside)

    command = [sys.executable, "-c", IN_THE_SANDBOX, str(place), str(outside)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    results = dict(line.split() for line in done.stdout.splitlines())
    assert results.pop("network") in ("1", "False")  # its own loopback, where the system allows that
    assert results.pop("inside") == "done"
    assert results.pop("memory") == "MemoryError"
    assert results.pop("large") == "OSError"
    assert set(results.values()) == {"PermissionError"}
    assert not outside.exists()


def test_the_sandbox_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DIAMONDS_DATABASE_URL", "DIAMONDS_API_KEYS", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "secret")

    assert "secret" not in restricted_environment(tmp_path).values()


def test_a_file_that_is_no_archive_is_refused_before_any_library_is_imported() -> None:
    heavy = {"bentoml", "numpy", "pydantic"}
    code = f"import sys, diamonds.model_files.isolated; sys.exit(len({heavy} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
