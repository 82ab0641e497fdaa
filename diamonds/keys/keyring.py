"""The keys that one process accepts, renewed in the background: no request waits for the database."""

import logging
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from diamonds.keys import admin_key, database
from diamonds.keys.key import LONGEST, Identity, StoredKey, digest, id_of
from diamonds.keys.scopes import Scope

RENEWED_EVERY_S = 2.0
"""Interval at which the keys are read again, in seconds: what was revoked is refused so soon."""

_CONFIGURED, _ALL = "DIAMONDS_API_KEYS", frozenset({Scope.ADMIN})
_STOP_WITHIN_S = 1.0

log = logging.getLogger(__name__)


class NotReadYet(Exception):
    """The database could not be read yet, so that nobody knows whether this key is one of its."""


class Keyring:
    """The keys of the settings, of the file ``admin.key`` and of the database.

    While the database is away, the keys of before go on. The times of last use are written with the next
    renewal.
    """

    def __init__(self, home: Path, configured: Iterable[str]) -> None:
        self._home = home
        # Random, so that how long a look-up of a digest takes says nothing about the key.
        self._salt = secrets.token_bytes(16)
        self._configured = {
            digest(self._salt, key.encode()): Identity(f"{_CONFIGURED} {number}", _CONFIGURED, _ALL)
            for number, key in enumerate(configured)
        }
        self._fixed = self._configured
        self._stored: dict[str, StoredKey] | None = None
        self._identities: dict[str, Identity] = {}
        self._used: dict[str, datetime] = {}
        self._problems: dict[str, str | None] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, name="keyring", daemon=True)

    def find(self, key: bytes) -> Identity | None:
        """Whose key it is; None for one that is unknown, revoked or expired. Raises ``NotReadYet``."""
        if len(key) > LONGEST:
            return None
        id_ = id_of(key)
        stored = self._stored.get(id_) if id_ and self._stored else None
        if stored is None:
            return self._find_fixed(key, id_)
        now = datetime.now(UTC)
        if not stored.matches(key) or not stored.is_active(now):
            return None
        self._used[stored.id] = now
        return self._identities[stored.id]

    def _find_fixed(self, key: bytes, id_: str | None) -> Identity | None:
        fixed = self._fixed.get(digest(self._salt, key))
        if fixed is None and id_ and self._stored is None:
            raise NotReadYet
        return fixed

    def start(self) -> None:
        """Reads the file, which is made if it is missing, and begins to read the database."""
        try:
            if admin_key.ensure(self._home):
                log.warning("A key with all scopes is in %s", self._home / admin_key.NAME)
        except OSError as error:
            log.warning("There is no %s: %s", admin_key.NAME, error)
        self._read_file()
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        """Ends the renewals, after a last one that writes the times of last use."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_WITHIN_S)

    def renew(self) -> None:
        """Reads all keys again, and writes which were used."""
        self._read_file()
        try:
            self._read_database()
        except database.UNREADABLE as error:
            self._report("database", type(error).__name__)
        else:
            self._report("database", None)

    def _renew_until_stopped(self) -> None:
        self.renew()
        while not self._stop.wait(RENEWED_EVERY_S):
            self.renew()
        if self._used:
            self.renew()

    def _read_file(self) -> None:
        try:
            key = admin_key.read(self._home)
        except (admin_key.BadAdminKey, OSError) as error:
            self._fixed = self._configured
            self._report("file", str(error))
            return
        self._report("file", None)
        owner = Identity(admin_key.NAME, admin_key.NAME, _ALL)
        self._fixed = self._configured | ({digest(self._salt, key.encode()): owner} if key else {})

    def _read_database(self) -> None:
        if self._used:
            used, self._used = self._used, {}
            try:
                database.note_last_use(dict(used))
            except database.UNREADABLE:
                self._used = used | self._used
                raise
        now = datetime.now(UTC)
        active = {key.id: key for key in database.stored_keys() if key.is_active(now)}
        self._identities |= {id_: key.identity for id_, key in active.items()}
        self._stored = active

    def _report(self, source: str, problem: str | None) -> None:
        """Logs why a source of keys cannot be read, once."""
        if problem is not None and problem != self._problems.get(source):
            log.warning("Keys of the %s cannot be read: %s", source, problem)
        self._problems[source] = problem
