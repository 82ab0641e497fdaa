"""The APIs that the dashboard calls: the service's and Prefect's."""
