"""Moves recorded exchanges from the workers' journals into Postgres."""
