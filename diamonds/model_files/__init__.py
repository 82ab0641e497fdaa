"""Export and import of versions as files in BentoML's export format (``.bentomodel``)."""
