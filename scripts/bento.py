"""Builds a Bento that serves wherever its folder is taken, and says what is in it. Run by ``make bento``.

``bentoml build`` leaves the champion in this machine's model store; here it is copied into the Bento.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bentoml

PROJECT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r"[a-z0-9]{16}$")  # before it `diamonds` is printed as an emoji


def build() -> Path:
    """The folder of a new Bento with the champion in it; a first one is trained where there is none."""
    _run("diamonds", "train", "--if-no-champion")
    (version,) = VERSION.findall(_run("bentoml", "build", str(PROJECT), "--output", "tag").strip())
    bento = bentoml.bentos.get(f"diamonds:{version}")
    with tempfile.TemporaryDirectory() as exported:
        whole = Path(bentoml.bentos.export_bento(bento.tag, str(Path(exported) / "bento"), "folder"))
        shutil.copytree(whole / "models", Path(bento.path) / "models", dirs_exist_ok=True)
    return Path(bento.path)


def describe(folder: Path) -> str:
    """What is in a Bento, and what to do with it."""
    bento = bentoml.bentos.get(f"diamonds:{folder.name}")
    labels = bentoml.models.get(bento.info.all_models[0].tag).info.labels
    lock = (folder / "src" / "requirements-serve.lock").read_text()
    packages = len(re.findall(r"^[a-z0-9._-]+==", lock, flags=re.MULTILINE))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return f"""\
{bento.tag} in {folder}
  champion     {labels["source"]}: MAE {float(labels["mae"]):,.0f}, R2 {float(labels["r2"]):.4f}
  environment  Python 3.11, {packages} packages with hashes
  size         {size / 1e6:,.1f} MB without the environment
Serve it anywhere:  bentoml serve {folder}
Build its image:    bentoml containerize {bento.tag}"""


def _run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-m", program, *arguments]
    return subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    print(describe(build()))  # noqa: T201 - what the command says
