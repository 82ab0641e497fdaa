"""The dashboard's entry: the pages and the way between them."""

import streamlit as st

from dashboard.problems import advice
from dashboard.views import batch, exchanges, models, quote, train


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
    st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 4.5rem }</style>")
    with advice():
        chosen.run()


main()
