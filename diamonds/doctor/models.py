"""Checks the champion and the versions in the model store."""

from collections.abc import Iterator

from diamonds.doctor.finding import Finding, right, wrong
from diamonds.versions.presence import may_have_champion


def check_models() -> Iterator[Finding]:
    """Whether there is a champion, and which versions are damaged."""
    if not may_have_champion():
        yield right("champion", "Nothing is promoted yet; the next start trains a first champion")
        return
    from diamonds.versions import store
    from diamonds.versions.refused import refused_versions

    champion = store.champion()
    if champion is None:
        yield wrong("champion", "No version is whole that was promoted; run: diamonds train")
    else:
        yield right("champion", f"{champion.tag} quotes prices")
    for refused in refused_versions():
        yield wrong("versions", f"{refused.reason} {refused.remedy}")
