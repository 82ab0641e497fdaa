"""Alembic's environment and migrations, part of the package so that a built Bento can migrate."""
