"""The record on its way: from journals into Postgres."""
