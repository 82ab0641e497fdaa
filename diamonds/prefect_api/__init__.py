"""Prefect's REST API, for the dashboard and the service, which do without Prefect's own library."""
