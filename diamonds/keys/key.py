"""One API key: generates it, and checks what a client sends against its stored hash."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from diamonds.keys.scopes import Scope

PREFIX = "diamonds"
LONGEST = 512
"""Maximum length of a key, in bytes; what is longer is not even hashed."""

_ID_BYTES, _SECRET_BYTES, _SALT_BYTES = 6, 32, 16


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: the key's id and name, which are public, and its scopes."""

    id: str
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is stored: without the key itself, which nobody can get back from its hash.

    The hash is one SHA-256 over the salt and the key. A slow hash, as passwords need it, would protect
    nothing: it makes guesses expensive, and among 2**256 random keys there is nothing to guess. It would only
    cost every request milliseconds.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    salt: bytes
    hash: bytes
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def matches(self, key: bytes) -> bool:
        """Whether it is the hash of that key; takes as long for every wrong key of the same length."""
        return hmac.compare_digest(digest(self.salt, key), self.hash)

    def is_active(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def identity(self) -> Identity:
        return Identity(self.id, self.name, self.scopes)


def generate() -> str:
    """A new random key, ``diamonds_ID_SECRET``: the id is public and finds the stored hash."""
    return f"{PREFIX}_{secrets.token_hex(_ID_BYTES)}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def store(
    key: str, name: str, scopes: frozenset[Scope], created_at: datetime, expires_at: datetime | None = None
) -> StoredKey:
    """What is stored of a generated key."""
    salt, id_ = secrets.token_bytes(_SALT_BYTES), id_of(key.encode())
    if id_ is None:
        raise ValueError("Got a key that was not generated here.")
    return StoredKey(id_, name, scopes, salt, digest(salt, key.encode()), created_at, expires_at)


def id_of(key: bytes) -> str | None:
    """The public id in a generated key; None for anything else."""
    prefix, _, rest = key.partition(b"_")
    id_, mark, _ = rest.partition(b"_")
    return id_.decode("latin-1") if prefix == PREFIX.encode() and mark else None


def digest(salt: bytes, key: bytes) -> bytes:
    """The salted hash of a key."""
    return hashlib.sha256(salt + key).digest()
