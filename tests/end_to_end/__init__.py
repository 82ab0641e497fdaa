"""Tests of the whole product, as a client uses it: trained, served over HTTP, recorded in Postgres."""
