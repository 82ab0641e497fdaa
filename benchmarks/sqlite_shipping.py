"""Ships the SQLite journal of one worker: ``python -m benchmarks.sqlite_shipping JOURNAL``."""

from benchmarks.sqlite_journal import SqliteReader
from diamonds.exchanges.shipping import __main__ as shipping
from diamonds.exchanges.shipping import shipper
from diamonds.settings import settings

if __name__ == "__main__":
    SqliteReader.sync = settings().journal_sync
    shipper.JournalReader = SqliteReader  # type: ignore[attr-defined]
    shipping.main()
