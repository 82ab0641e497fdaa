"""The record at rest: the table of exchanges, its queries, partitions and erasure."""
