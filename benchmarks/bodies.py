"""Measures what it takes to decide that a body fits JSONB, beside parsing it.

python -m benchmarks.bodies [--rounds 50]
"""

import timeit
from collections.abc import Callable

import orjson

from benchmarks.command_line import parser_for
from benchmarks.tables import print_header, print_row
from diamonds.exchanges.database.bodies import fits_jsonb

_STONE = b'{"carat":0.7,"cut":"Ideal","color":"G","clarity":"VS2","depth":61.5,"table":56,"x":5.7,"y":5.72}'
_FEEDBACK = b'{"exchange_id":"0199e5c2-8d1e-7f31-a93e-5c0e7b21d4e6","price":2650.0}'
_BODIES = {
    "a stone": _STONE,
    "a quote": b'{"price":2345.0,"low":2000.0,"high":2600.0,"coverage":0.9,"currency":"USD","model":"xgb"}',
    "feedback, whose id looks like numbers": _FEEDBACK,
    "1,000 stones": b'{"diamonds":[%s]}' % b",".join([_STONE] * 1000),
    "numbers with exponents": b"[%s]" % b",".join([b"-1.5e-07"] * 100),
    "numbers that JSONB would write out": b"[%s]" % b",".join([b"1e-16000"] * 100),
}


def fastest_us(call: Callable[[bytes], object], body: bytes, rounds: int) -> float:
    """The fastest of several rounds, in microseconds a call: others may use the processor in the rest."""
    calls = max(1, 100_000 // len(body))
    return min(timeit.repeat(lambda: call(body), number=calls, repeat=rounds)) / calls * 1e6


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    print_header("body", "bytes", "deciding, us", "of which parsing, us", "ratio")
    for label, body in _BODIES.items():
        deciding = fastest_us(fits_jsonb, body, options.rounds)
        parsing = fastest_us(orjson.loads, body, options.rounds)
        ratio = f"{deciding / parsing:.2f}"
        print_row([label, f"{len(body):,}", f"{deciding:.1f}", f"{parsing:.1f}", ratio])


if __name__ == "__main__":
    main()
