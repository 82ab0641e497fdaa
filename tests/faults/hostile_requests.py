"""Makes requests that are valid, almost valid or no HTTP at all, the same ones for the same seed."""

import json
from collections.abc import Sequence
from functools import cache
from random import Random

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
ANY_BYTE = bytes(range(256))
TEXT = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
NASTY = b"\0\x01\x1b\t\x7f\x80\xff\xc3\xa9\xed\xa0\x80%/?#:;&=\\\"'<>{}|^` "
LENGTHS = (0, 1, 7, 100, 255, 2_700, 9_000, 60_000)
PATHS = (b"/predict", b"/predict_batch", b"/explain", b"/similar", b"/models", b"/models/", b"/versions/")


def some(random: Random, alphabet: bytes, length: int) -> bytes:
    """So many bytes of the alphabet, a hundred times as fast as by ``choices``."""
    return random.randbytes(length).translate(spread(alphabet))


@cache
def spread(alphabet: bytes) -> bytes:
    """For each of all bytes one of the alphabet."""
    return (alphabet * 256)[:256]


def mostly(random: Random, likely: Sequence[bytes], unlikely: Sequence[bytes]) -> bytes:
    """One that servers usually let through, or now and then one that they need not."""
    return random.choice(likely if random.random() < 0.93 else unlikely)


def method(random: Random) -> bytes:
    known = (
        b"GET",
        b"POST",
        b"POST",
        b"PUT",
        b"DELETE",
        b"HEAD",
        b"OPTIONS",
        b"PATCH",
        b"TRACE",
        b"PROPFIND",
    )
    strange = (b"CONNECT", b"PRI", b"get", b"G\0ET", b"", b"\xff", b"M-SEARCH", some(random, TEXT, 300))
    return mostly(random, known, strange)


def target(random: Random) -> bytes:
    """A path with or without a query; never one of those whose requests are not recorded."""
    encoded = b"".join(b"%%%02x" % byte for byte in some(random, ANY_BYTE, random.choice((1, 900))))
    paths = (
        random.choice(PATHS),
        random.choice(PATHS) + some(random, TEXT, random.choice(LENGTHS)),
        b"/x" + some(random, TEXT, random.choice(LENGTHS)),
        b"/x" + encoded,
        b"/x" + random.choice((b"%", b"%zz", b"%00", b"%e9", b"/../../etc/passwd", b"//", b";=&")),
        b"//x/y",
        b"http://x/x",
    )
    strange = (
        b"/x" + some(random, NASTY, 20),
        b"/x\xf0\x9f\x92\x8e",
        b"*",
        b"x",
        b"x:443",
        b"?x",
        b"http://x:99999/x",
    )
    queries = (b"", b"", b"?", b"?a=1&a=2", b"?key=s3cret", b"?" + encoded, b"?" + some(random, TEXT, 9_000))
    return mostly(random, paths, strange) + mostly(random, queries, (b"?" + some(random, NASTY, 300), b"#x"))


def version(random: Random) -> bytes:
    strange = (b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.9", b"http/1.1", b"HTTP/1.1 ", b"", b"\0")
    return mostly(random, (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0"), strange)


def header(random: Random) -> bytes:
    above_ascii = bytes(range(0x80, 0x100)) + b"\t"
    headers = (
        b"User-Agent: " + some(random, TEXT, random.choice((10, 900, 60_000))),
        b"User-Agent: " + some(random, above_ascii, 300),
        b"Content-Type: " + random.choice((b"application/json", b"text/\xff", b"a" * 5_000, b"")),
        b"Content-Encoding: " + random.choice((b"gzip", b"\xe9\xe9", b"br" * 900)),
        b"X-Exchange-Id: " + random.choice((b"7", b"\xff" * 36, some(random, TEXT, 900), uuid(random))),
        b"Origin: " + random.choice((b"null", b"http://x", b"\x80", b"a" * 900)),
        b"Expect: " + random.choice((b"100-continue", b"200-ok")),
        b"Connection: " + random.choice((b"close", b"keep-alive", b"upgrade, close", b"\x80")),
        b"Upgrade: " + random.choice((b"websocket", b"h2c", b"\xff")),
        b"Authorization: Bearer " + some(random, above_ascii, 10),
        some(random, TEXT, 12).replace(b".", b"") + b": " + some(random, above_ascii, 20),
    )
    strange = (
        b"User-Agent: " + some(random, ANY_BYTE, 30),
        b"Host: " + some(random, NASTY, 10),
        some(random, NASTY, 12) + b": x",
        b"Folded: a\r\n b",
        b"no colon",
    )
    return mostly(random, headers, strange)


def uuid(random: Random) -> bytes:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}".encode()


def content(random: Random) -> bytes:
    strange = (
        b"",
        b"\0",
        b"{",
        b"[" * 3_000,
        some(random, ANY_BYTE, 3_000),
        b'{"carat": [1e-16383' + b", 1e-16383" * 900 + b"]}",
        b'{"carat":1,"carat":2}',
        json.dumps({some(random, TEXT, 9_000).decode(): "\0\ud800"}).encode(),
        json.dumps(STONE | {"carat": 10**400}).encode(),
    )
    return json.dumps(STONE).encode() if random.random() < 0.4 else random.choice(strange)


def framed(random: Random, body: bytes) -> bytes:
    """The rest of a request with this body: its length or chunks, three quarters of them right."""
    if random.random() < 0.3:
        codings = (b"gzip, chunked", b"identity", b"chunked, chunked", b"\xff")
        coding = b"chunked" if random.random() < 0.8 else random.choice(codings)
        return b"Transfer-Encoding: " + coding + b"\r\n\r\n" + chunked(random, body)
    length = b"%d" % len(body)
    lies = (b"+1", b"-1", b"1, 1", b"0x1", b"1\r\nContent-Length: 3", b"%d" % 10**20, b"100", b"0")
    lie = random.choice(lies) if random.random() < 0.2 else length
    return b"Content-Length: " + lie + b"\r\n\r\n" + body


def chunked(random: Random, body: bytes) -> bytes:
    half = len(body) // 2
    chunks = [body[:half], body[half:]] if half else [body]
    extension = random.choice((b"", b"", b"", b";a=b", b";" + b"x" * 9_000, b"\0"))
    sizes = [b"%x" % len(chunk) if random.random() < 0.97 else b"fffffffffffffffff" for chunk in chunks]
    lines = [size + extension + b"\r\n" + chunk + b"\r\n" for size, chunk in zip(sizes, chunks, strict=True)]
    end = random.choice((*4 * [b"0\r\n\r\n"], b"0\r\nTrailer: x\r\n\r\n", b"0\r\n", b"", b"\xff\r\n"))
    return b"".join(lines) + end


def request(random: Random) -> bytes:
    """One request, with more or less in it that should not be there."""
    headers = [b"Host: localhost", b"Content-Type: application/json"] if random.random() < 0.9 else []
    headers += [header(random) for _ in range(random.choice((0, 0, 0, 1, 1, 2, 20)))]
    random.shuffle(headers)
    line = b" ".join((method(random), target(random), version(random)))
    return b"\r\n".join([line, *headers, framed(random, content(random))])


def conversation(random: Random) -> bytes:
    """What one client sends: a request, or several at once, of which the last may be cut short."""
    sent = b"".join(request(random) for _ in range(random.choice((1, 1, 1, 2, 5))))
    return sent[: random.randrange(len(sent))] if random.random() < 0.2 else sent
