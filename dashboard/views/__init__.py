"""The pages, each a function that draws it; a folder ``pages`` would wake Streamlit's older mechanism."""
