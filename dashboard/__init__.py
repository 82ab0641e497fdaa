"""The dashboard: a browser's view of the HTTP API and of Prefect."""
