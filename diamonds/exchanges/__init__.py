"""Every request and response: kept in a journal at once, shipped to Postgres, read back from there."""

from diamonds.exchanges.containing import LONGEST_TEXT
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.feedback import Feedback, feedback_since
from diamonds.exchanges.frames import Answer, Body, Request
from diamonds.exchanges.journal import Journal
from diamonds.exchanges.months import drop_months_before, prepare_months
from diamonds.exchanges.newest import Filter
from diamonds.exchanges.reader import LARGEST_PAGE, BadCursor, Page, exchange, page
from diamonds.exchanges.shipper import Shipper

__all__ = [
    "LARGEST_PAGE",
    "LONGEST_TEXT",
    "Answer",
    "BadCursor",
    "Body",
    "Exchange",
    "Feedback",
    "Filter",
    "Journal",
    "Page",
    "Request",
    "Shipper",
    "drop_months_before",
    "exchange",
    "feedback_since",
    "page",
    "prepare_months",
]
