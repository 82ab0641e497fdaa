"""Shows whose key a request came with: GET /keys/self."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bento_service.http.keys import caller
from bento_service.http.router import Router
from diamonds.keys.scopes import Scope


class KeyResponse(TypedDict):
    """A key without the key itself."""

    name: Annotated[str, Field(description="Its name.", examples=["shop"])]
    scopes: Annotated[list[Scope], Field(description="What it allows; `admin` is everything.")]


router = Router()


@router.get("/keys/self", summary="Show the key of the request")
async def show_own_key() -> KeyResponse:
    """The name and the scopes of the key that the request came with."""
    identity = caller.get()
    if identity is None:
        raise RuntimeError("A request without a key got past the check of keys.")
    return {"name": identity.name, "scopes": sorted(identity.scopes)}
