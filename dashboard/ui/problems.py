"""Turns what goes wrong into advice on the page; no traceback reaches it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec
from uuid import uuid4

import streamlit as st

from dashboard.clients.api import Refused, ServiceDown
from dashboard.clients.prefect import PrefectDown, PrefectRefused

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")

NO_CHAMPION = "no_champion"


@contextmanager
def advice() -> Iterator[None]:
    """Shows what to do about an error of this block in the block's place."""
    try:
        yield
    except ServiceDown as error:
        show(str(error), "Start it with `make run`, or alone with `make serve`.", again=True)
    except PrefectDown as error:
        show(str(error), "Start everything with `make run`; training needs Prefect's server.", again=True)
    except PrefectRefused as error:
        st.warning(str(error), icon=":material/edit:")
    except Refused as error:
        show_refusal(error)
    # The page is this process's outermost edge: the log has the traceback, the reader a sentence.
    except Exception as error:
        log.exception("A page failed")
        show(
            f"This part of the page could not be drawn ({type(error).__name__}).",
            "The cause is in the dashboard's log, in the terminal where it was started.",
        )


def advised(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """The same function, which shows advice in its place when it fails."""

    @wraps(draw)
    def advised_draw(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with advice():
            draw(*args, **kwargs)

    return advised_draw


def show_refusal(error: Refused) -> None:
    """What the service says, and where to go when it has no model."""
    if error.code == NO_CHAMPION:
        show_no_model()
    elif error.status >= 500:
        show(str(error), "Try again in a moment; the service's log has the cause.", again=True)
    else:
        st.warning(str(error), icon=":material/edit:")


def show_no_model() -> None:
    """The way from no model to a first one."""
    with st.container(border=True):
        st.markdown("#### No model quotes prices yet")
        st.markdown(
            "Train one on the page *Train*, or with `make train` in a terminal. "
            "The best model is promoted by itself, and this page works from then on."
        )


def show(what: str, remedy: str, *, again: bool = False) -> None:
    """What is wrong and what to do about it."""
    st.error(f"{what}\n\n{remedy}", icon=":material/error:")
    if again:
        # A key of its own, for several parts of a page may meet the same problem; a click draws all anew.
        st.button("Try again", icon=":material/refresh:", key=f"again-{uuid4()}")
