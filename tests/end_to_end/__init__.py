"""Tests of the whole product, as a client meets it: trained, served over HTTP, kept in Postgres."""
