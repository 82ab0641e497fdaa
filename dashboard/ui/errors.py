"""Shows errors on the page, each with what to do about it instead of a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import streamlit as st

from dashboard.clients.api import Refused, ServiceDown
from dashboard.ui.session import end_session
from dashboard.ui.text import escape_markdown
from diamonds.prefect_api.requests import PrefectDown, PrefectRefused

log = logging.getLogger(__name__)

NO_CHAMPION = "no_champion"
UNAUTHORIZED, UNEXPECTED = 401, 500


@contextmanager
def show_errors() -> Iterator[None]:
    """Shows an error of this block, or of a function that this decorates, in its place on the page."""
    try:
        yield
    except ServiceDown as error:
        show_error(str(error), "Start it with `make run`, or alone with `make serve`.", retry=True)
    except PrefectDown as error:
        remedy = "Start everything with `make run`; training needs Prefect's server."
        show_error(str(error), remedy, retry=True)
    except PrefectRefused as error:
        show_warning(str(error))
    except Refused as error:
        show_refusal(error)
    # The page is this process's outermost edge: the log has the traceback, the reader a sentence.
    except Exception as error:
        log.exception("A page failed")
        show_error(
            f"This part of the page could not be drawn ({type(error).__name__}).",
            "The cause is in the dashboard's log, in the terminal where it was started.",
        )


def show_refusal(error: Refused) -> None:
    """The error message of the service, or how to train a first model when it has none.

    Where the service wants another key, the page is drawn again as the sign-in.
    """
    if error.status == UNAUTHORIZED and end_session("The service wants a key that is valid."):
        st.rerun()
    elif error.code == NO_CHAMPION:
        show_no_model()
    elif error.status >= 500:
        unexplained = error.status == UNEXPECTED
        remedy = "Try again in a moment; the service's log has the cause." if unexplained else ""
        show_error(str(error), remedy, retry=True)
    else:
        show_warning(str(error))


def show_warning(problem: str) -> None:
    """A problem that the person can mend by other inputs."""
    st.warning(escape_markdown(problem), icon=":material/edit:")


def show_no_model() -> None:
    """How to train a first model."""
    with st.container(border=True):
        st.markdown("#### No model quotes prices yet")
        st.markdown(
            "Train one on the page *Train*, or with `make train` in a terminal. "
            "The best model is promoted by itself, and this page works from then on."
        )


def show_error(problem: str, remedy: str, *, retry: bool = False) -> None:
    """A problem and, as Markdown, its remedy, with a button that draws the page again if that may help."""
    st.error(f"{escape_markdown(problem)}\n\n{remedy}", icon=":material/error:")
    if retry:
        # A key of its own, for several parts of a page may meet the same problem; a click draws all anew.
        st.button("Try again", icon=":material/refresh:", key=f"again-{uuid4()}")
