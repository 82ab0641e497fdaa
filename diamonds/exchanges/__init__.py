"""The record of every request and response: written to a journal, shipped to Postgres, read from there."""

from diamonds.exchanges.database.feedback import Feedback, feedback_since
from diamonds.exchanges.database.filters import Filter
from diamonds.exchanges.database.partitions import create_partitions
from diamonds.exchanges.database.queries import LARGEST_PAGE, BadCursor, Page, exchange, page
from diamonds.exchanges.database.retention import Deleted, apply_retention
from diamonds.exchanges.database.text_search import LONGEST_TEXT
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.frames import Body, Request, Response
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.shipping.shipper import Shipper

__all__ = [
    "LARGEST_PAGE",
    "LONGEST_TEXT",
    "BadCursor",
    "Body",
    "Deleted",
    "Exchange",
    "Feedback",
    "Filter",
    "Journal",
    "Page",
    "Request",
    "Response",
    "Shipper",
    "apply_retention",
    "create_partitions",
    "exchange",
    "feedback_since",
    "page",
]
