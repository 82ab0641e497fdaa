"""The entry point of the dashboard: navigation between the pages, and styles for all of them."""

import streamlit as st

from dashboard.batch.page import batch_page
from dashboard.exchanges.page import exchanges_page
from dashboard.models.page import models_page
from dashboard.quote.page import quote_page
from dashboard.train.page import train_page
from dashboard.train.upload_cleanup import start_upload_cleanup
from dashboard.ui.errors import show_errors

# Space above the pages, a visible focus, and columns that wrap in a narrow window. (A string of its own
# would be written onto the page.)
STYLE = """<style>
[data-testid=stMainBlockContainer] { padding-top: 4.5rem }
a:focus-visible, button:focus-visible { outline: 2px solid !important; outline-offset: 1px }
@media (max-width: 1000px) {
  .st-key-stacked [data-testid=stColumn] { min-width: 100% }
  .st-key-paired [data-testid=stColumn] { min-width: 40% }
}
</style>"""


def main() -> None:
    """Draws the selected page, and an error with its remedy in its place when it fails."""
    st.set_page_config(page_title="Diamonds", page_icon="💎", layout="wide")
    pages = [
        st.Page(quote_page, title="Quote", icon=":material/sell:", default=True),
        st.Page(batch_page, title="Batch", icon=":material/table:", url_path="batch"),
        st.Page(train_page, title="Train", icon=":material/model_training:", url_path="train"),
        st.Page(models_page, title="Models", icon=":material/social_leaderboard:", url_path="models"),
        st.Page(exchanges_page, title="Exchanges", icon=":material/swap_horiz:", url_path="exchanges"),
    ]
    selected = st.navigation(pages, position="top")
    st.html(STYLE)
    start_upload_cleanup()
    with show_errors():
        selected.run()


main()
