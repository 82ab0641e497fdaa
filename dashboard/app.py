"""The dashboard's entry: the pages and the way between them."""

import streamlit as st

from dashboard.batch import page as batch
from dashboard.exchanges import page as exchanges
from dashboard.models import page as models
from dashboard.quote import page as quote
from dashboard.train import page as train
from dashboard.train.upload_cleanup import keep_sweeping
from dashboard.ui.problems import advice

# Room above the pages, focus that is seen, and columns that give way where a window is narrow. (A string of
# its own would be written onto the page.)
STYLE = """<style>
[data-testid=stMainBlockContainer] { padding-top: 4.5rem }
a:focus-visible, button:focus-visible { outline: 2px solid !important; outline-offset: 1px }
@media (max-width: 1000px) {
  .st-key-stacked [data-testid=stColumn] { min-width: 100% }
  .st-key-paired [data-testid=stColumn] { min-width: 40% }
}
</style>"""


def main() -> None:
    """Draws the chosen page, and advice in its place when it fails."""
    st.set_page_config(page_title="Diamonds", page_icon="💎", layout="wide")
    pages = [
        st.Page(quote.page, title="Quote", icon=":material/sell:", default=True),
        st.Page(batch.page, title="Batch", icon=":material/table:", url_path="batch"),
        st.Page(train.page, title="Train", icon=":material/model_training:", url_path="train"),
        st.Page(models.page, title="Models", icon=":material/social_leaderboard:", url_path="models"),
        st.Page(exchanges.page, title="Exchanges", icon=":material/swap_horiz:", url_path="exchanges"),
    ]
    chosen = st.navigation(pages, position="top")
    st.html(STYLE)
    keep_sweeping()
    with advice():
        chosen.run()


main()
