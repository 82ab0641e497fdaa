"""The pages, each a function that draws it; Streamlit would take a folder ``pages`` for its older mechanism."""
