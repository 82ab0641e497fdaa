"""Builds the image of a Bento as its Dockerfile says, without an engine, and becomes its process.

    python -m scripts.image BENTO VOLUME LAYERS [--bases FOLDER] [--environment FOLDER] [--set NAME=VALUE ...]

Needs root on Linux. LAYERS is an empty folder for what is built. ``--bases`` holds a root for each image that
the Dockerfile starts from, as `scripts/debian.sh` makes them; without it, this machine's own stands for them.
``--environment`` stands for what the stage of that name would install. The process has the image's user, a
read-only root, and the volume. All mounts are in a namespace of its own, and end with it.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_UNPRIVILEGED = ("--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")
_FOR_INSTALLING = ("PIP_CERT", "PIP_INDEX_URL", "http_proxy", "https_proxy")
"""What an engine passes on as arguments of the build."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, each with its arguments as they are written."""
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


@dataclass(slots=True)
class Image:
    """An image in the making: the root of each stage, and what the last one has set."""

    bento: Path
    layers: Path
    bases: Path | None
    environment: Path | None
    roots: dict[str, Path] = field(default_factory=dict)
    root: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    folder: str = "/"
    volume: str = "/data"
    entrypoint: tuple[str, ...] = ()

    def build(self) -> None:
        """Follows the Dockerfile of the Bento; the programs that it runs print to stderr."""
        steps: dict[str, Callable[[str], None]] = {
            "FROM": self._from,
            "COPY": self._copy,
            "RUN": self._run,
            "ENV": self._set,
            "USER": lambda rest: setattr(self, "user", rest),
            "WORKDIR": lambda rest: setattr(self, "folder", rest),
            "VOLUME": lambda rest: setattr(self, "volume", rest),
            "ENTRYPOINT": lambda rest: setattr(self, "entrypoint", tuple(json.loads(rest))),
        }
        for word, rest in instructions((self.bento / "env" / "docker" / "Dockerfile").read_text()):
            if word in steps and (self.root or word == "FROM"):
                steps[word](rest)

    def start(self, volume: Path, settings: list[str]) -> None:
        """Becomes the process of the image, which may write to the volume alone."""
        root = self._root()
        mounted = root / self.volume.lstrip("/")
        _call("mount", "--bind", volume, mounted)
        os.chown(mounted, *map(int, self.user.split(":")))
        _call("mount", "-o", "remount,bind,ro", root)
        user, group = self.user.split(":")
        command = ["chroot", str(root), "setpriv", f"--reuid={user}", f"--regid={group}", *_UNPRIVILEGED]
        os.execvp("chroot", [*command, *self._env(), *settings, *self.entrypoint])  # noqa: S606 - it has none

    def _from(self, rest: str) -> None:
        base, _, name = rest.partition(" AS ")
        self.root, self.variables = None, {"PATH": _PATH, "HOME": "/root"}
        if name == "environment" and self.environment:
            return
        parts = [self.layers / (name or "image") / part for part in ("upper", "work", "root")]
        for part in parts:
            part.mkdir(parents=True)
        upper, work, root = parts
        lower = self.bases.resolve() / base.partition("-")[2] if self.bases else Path("/")
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        _call("mount", "-t", "overlay", "overlay", "-o", options, root)
        _call("mount", "-t", "proc", "proc", root / "proc")
        _call("mount", "--rbind", "/dev", root / "dev")
        if not self.bases:
            (root / "root").chmod(0o755)  # this machine's Python may be in there
        self.root = self.roots[name] = root

    def _copy(self, rest: str) -> None:
        stage = re.match(r"--from=(\w+) ", rest)
        *sources, target = rest[stage.end() if stage else 0 :].split()
        place = self._root() / target.lstrip("/")
        if stage and stage[1] == "environment" and self.environment:
            place.mkdir(parents=True)
            _call("mount", "--bind", self.environment, place)
            _call("mount", "-o", "remount,bind,ro", place)
            return
        start = self.roots[stage[1]] if stage else self.bento
        for source in sources:
            origin = start / source.lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
            _call("cp", "-a", "--no-preserve=ownership", f"{origin}/." if origin.is_dir() else origin, place)

    def _run(self, rest: str) -> None:
        registry = [f"{name}={value}" for name, value in os.environ.items() if name in _FOR_INSTALLING]
        _call("chroot", self._root(), *self._env(), *registry, "sh", "-c", rest)

    def _set(self, rest: str) -> None:
        for assignment in shlex.split(rest):
            name, _, value = assignment.partition("=")
            self.variables[name] = value.replace("$PATH", self.variables["PATH"])

    def _env(self) -> list[str]:
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return ["env", "-i", "-C", self.folder, *variables]

    def _root(self) -> Path:
        if self.root is None:
            raise LookupError("Got a Dockerfile that ends in a stage that is left out.")
        return self.root


def _call(*command: str | Path) -> None:
    subprocess.run(command, stdout=sys.stderr, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for each in ("bento", "volume", "layers"):
        parser.add_argument(each, type=Path)
    parser.add_argument("--bases", type=Path)
    parser.add_argument("--environment", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        command = [sys.executable, "-m", "scripts.image", *sys.argv[1:], "--inside"]
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *command])  # noqa: S606 - it needs none
    if not options.bases:  # layers upon this machine's own root cannot lie in it
        _call("mount", "-t", "tmpfs", "layers", options.layers)
    image = Image(options.bento, options.layers, options.bases, options.environment)
    image.build()
    image.start(options.volume, options.set)


if __name__ == "__main__":
    main()
