"""Stores a secret in a file that only its owner can read."""

import os
from pathlib import Path


def read_secret(path: Path) -> str | None:
    """The secret in the file, or None where there is none."""
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None


def read_or_create(path: Path, secret: str) -> str:
    """The secret in the file; where there is none, this one, which is stored for the next time."""
    stored = read_secret(path)
    if stored is not None:
        return stored
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)  # an empty file may have been there
        file.write(secret)
    return secret
