"""The scopes of keys: what a key allows."""

from collections.abc import Set
from enum import StrEnum


class Scope(StrEnum):
    """One thing that a key allows."""

    QUOTE = "quote"
    FEEDBACK = "feedback"
    READ = "read"
    ADMIN = "admin"


MEANINGS = {
    Scope.QUOTE: "prices, explanations, similar stones, and what is known of models",
    Scope.FEEDBACK: "sale prices of quoted stones",
    Scope.READ: "exchanges and datasets",
    Scope.ADMIN: "everything, promotions and files of versions included",
}


def allows(scopes: Set[Scope], needed: Scope) -> bool:
    """Whether a key with these scopes may do what needs that one."""
    return needed in scopes or Scope.ADMIN in scopes
