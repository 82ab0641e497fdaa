"""Describes the machine that measures, and the versions of what is measured."""

import os
import platform
from importlib import metadata
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("", "training", "models")


def description() -> str:
    """A table in Markdown: processor, cores, memory, system, Python and packages."""
    facts = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / 1e9:.1f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version}" for name, version in packages().items()),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())])


def processor() -> str:
    """The name of the processor; Linux alone has it in a file."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def packages() -> dict[str, str]:
    """The installed versions of what the project itself depends on, beyond its development."""
    installed: dict[str, str] = {
        canonicalize_name(each.name): each.version for each in metadata.distributions()
    }
    required = sorted({name for line in metadata.requires("diamonds") or [] if (name := _name(line))})
    return {name: installed[name] for name in required if name in installed}


def _name(line: str) -> str | None:
    """The name of a package, or None where this machine or the service does not need it."""
    requirement = Requirement(line)
    marker = requirement.marker
    is_needed = marker is None or any(marker.evaluate({"extra": extra}) for extra in EXTRAS)
    return canonicalize_name(requirement.name) if is_needed else None
