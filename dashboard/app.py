"""The entry point of the dashboard: navigation between the pages, and styles for all of them."""

import gc
from collections.abc import Callable
from importlib import import_module
from typing import get_args

import streamlit as st

from dashboard.train.upload_cleanup import start_upload_cleanup
from dashboard.ui.errors import show_errors
from dashboard.ui.navigation import remember_pages
from dashboard.ui.session import Scope, is_signed_in, may, show_sign_in, show_user

# Space above the pages, a visible focus, and columns that wrap in a narrow window. (A string of its own
# would be written onto the page.)
STYLE = """<style>
[data-testid=stMainBlockContainer] { padding-top: 4.5rem }
a:focus-visible, button:focus-visible { outline: 2px solid !important; outline-offset: 1px }
[data-testid=stMarkdownContainer] table { display: block; overflow-x: auto }
[data-testid=stTable] :is(td, th), [data-testid=stTable] :is(td, th) * {
  overflow-wrap: anywhere !important; white-space: normal
}
.st-key-comparison tr :is(td, th):last-child * { white-space: nowrap; overflow-wrap: normal !important }
[data-testid=stMetricValue] *, [data-testid=stFileUploaderDropzoneInstructions] * {
  overflow: visible; white-space: normal; overflow-wrap: anywhere
}
@media (max-width: 1000px) {
  [class*=st-key-figures-] [data-testid=stColumn] { min-width: 40%; flex: 1 1 40% }
  .st-key-stacked [data-testid=stColumn] { min-width: 100% }
  .st-key-paired [data-testid=stColumn] { min-width: 40% }
}
.price-bar { display: none }
@media (max-width: 640px) {
  .st-key-paired [data-testid=stColumn] { min-width: 100% }
  [data-testid=stMetricValue] { font-size: 1.6rem }
  [data-testid=stSelectbox] input { font-size: 0.75rem }
  [data-testid=stMarkdownContainer] table { font-size: 0.7rem }
  [data-testid=stMarkdownContainer] :is(th, td) { padding: 0.15rem !important }
  .price-bar {
    display: block; position: fixed; inset: auto 0 0 0; z-index: 99; padding: 0.6rem 1rem;
    background: #0b3c49; color: #fff
  }
  [data-testid=stMainBlockContainer] { padding-bottom: 4rem }
}
@media print {
  header, .price-bar, iframe, .st-key-actions { display: none !important }
  .stApp, [data-testid=stMain], [data-testid=stAppViewContainer] {
    overflow: visible; position: static; height: auto
  }
}
</style>"""


def main() -> None:
    """Draws the selected page, or the sign-in; an error with its remedy in its place when it fails."""
    st.set_page_config(page_title="Diamonds", page_icon="💎", layout="wide")
    st.html(STYLE)
    start_upload_cleanup()
    with show_errors():
        if is_signed_in():
            draw_page()
        else:
            # All pages, so that the requested one is drawn after the sign-in.
            st.navigation(_pages(set(get_args(Scope))), position="hidden")
            show_sign_in()


def draw_page() -> None:
    """Draws the selected one of the pages that the key of this session allows."""
    pages = _pages({scope for scope in get_args(Scope) if may(scope)})
    remember_pages({page.title: page for page in pages})
    selected = st.navigation(pages, position="top") if pages else None
    show_user()
    with show_errors():
        if selected is None:
            st.info("Your key allows nothing that these pages do.")
        else:
            selected.run()


def _pages(scopes: set[Scope]) -> list[st.Page]:
    """The pages that need one of these scopes; the first has no path."""
    needed: dict[str, tuple[str, set[Scope]]] = {
        "Quote": ("sell", {"quote"}),
        "Batch": ("table", {"quote"}),
        "Sales": ("point_of_sale", {"feedback"}),
        "Train": ("model_training", {"admin"}),
        "Models": ("social_leaderboard", {"quote"}),
        "Monitor": ("monitoring", {"read"}),
        "Exchanges": ("swap_horiz", {"read"}),
    }
    allowed = {title: icon for title, (icon, scope) in needed.items() if scope & scopes}
    return [
        st.Page(
            _drawn_by(title.lower()),
            title=title,
            icon=f":material/{icon}:",
            url_path=title.lower(),
            default=number == 0,
        )
        for number, (title, icon) in enumerate(allowed.items())
    ]


def _drawn_by(room: str) -> Callable[[], None]:
    """Draws the page of a room, which is imported when it is first opened: its libraries take memory."""
    return lambda: _import_page(room)()


@st.cache_resource(show_spinner=False)
def _import_page(room: str) -> Callable[[], None]:
    page: Callable[[], None] = getattr(import_module(f"dashboard.{room}.page"), f"{room}_page")
    gc.freeze()  # Streamlit collects garbage after each run: it need not look at what libraries consist of
    return page


main()
