"""Alembic's environment and versions; they ship with the package, so that a built Bento can migrate."""
