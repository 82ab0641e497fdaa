"""The dashboard: a web interface to the HTTP API and to Prefect."""
