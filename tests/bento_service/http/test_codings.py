"""Compressed bodies are read as their content, up to the limit, or refused with the name of their coding."""

import gzip
import zlib

import httpx
import pytest

from bento_service.http.codings import codings, decoded_body
from bento_service.http.errors import ApiError
from tests.bento_service.conftest import STONE
from tests.bento_service.http.test_app import assert_error
from tests.bento_service.recorded_service import recorded

LIMIT = 10_000
BODY = b'{"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}'


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("X-GZip", gzip.compress(BODY)),
        (" GZIP , identity", gzip.compress(BODY)),
        ("gzip", gzip.compress(BODY[:9]) + gzip.compress(b"") + gzip.compress(BODY[9:])),
        ("deflate", zlib.compress(BODY)),
        ("deflate", raw_deflate(BODY)),
    ],
)
def test_the_content_of_a_compressed_body_is_read(header: str, body: bytes) -> None:
    assert decoded_body(body, codings(header), LIMIT) == BODY


@pytest.mark.parametrize("header", ["", "identity", "Identity, identity", " , ", "chunked"])
def test_some_codings_change_nothing(header: str) -> None:
    assert codings(header) == []


@pytest.mark.parametrize("header", ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "*", "gzip;q=1"])
def test_another_coding_is_a_415_that_names_it_and_those_that_are_read(header: str) -> None:
    with pytest.raises(ApiError) as refused:
        decoded_body(BODY, codings(header), LIMIT)
    assert (refused.value.status, refused.value.code) == (415, "unsupported_encoding")
    assert f"'{header}'" in refused.value.message
    assert refused.value.headers == {"accept-encoding": "gzip, deflate"}


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("gzip", BODY),
        ("gzip", gzip.compress(BODY)[:-1]),
        ("gzip", gzip.compress(BODY) + b"more"),
        ("gzip", gzip.compress(b"") * 1000),
        ("gzip", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[:-1]),
        ("deflate", zlib.compress(BODY) + b"more"),
        ("deflate", gzip.compress(BODY)),
    ],
)
def test_a_body_that_is_not_what_its_header_says_is_a_400(header: str, body: bytes) -> None:
    with pytest.raises(ApiError, match=f"is not {header}") as refused:
        decoded_body(body, codings(header), LIMIT)
    assert (refused.value.status, refused.value.code) == (400, "invalid_encoding")


@pytest.mark.parametrize(("size", "fits"), [(LIMIT, True), (LIMIT + 1, False), (1000 * LIMIT, False)])
def test_what_a_body_becomes_is_limited(size: int, fits: bool) -> None:
    body = gzip.compress(bytes(size))
    if fits:
        assert decoded_body(body, ["gzip"], LIMIT) == bytes(size)
    else:
        with pytest.raises(ApiError, match=r"at most 10,000 bytes") as refused:
            decoded_body(body, ["gzip"], LIMIT)
        assert refused.value.status == 413


def post(client: httpx.Client, body: bytes, coding: str) -> httpx.Response:
    headers = {"content-type": "application/json", "content-encoding": coding}
    return client.post("/predict", content=body, headers=headers)


def test_a_compressed_request_is_recorded_as_its_content(client: httpx.Client) -> None:
    answer = post(client, gzip.compress(BODY), "gzip")
    assert answer.json() == client.post("/predict", json=STONE).json()
    one = recorded(answer.headers["X-Exchange-Id"])
    assert (one.request_body, one.request_bytes) == (STONE, None)
    assert one.request_headers is not None
    assert one.request_headers["decoded-content-encoding"] == "gzip"
    assert "content-encoding" not in one.request_headers


def test_what_is_not_decoded_is_recorded_as_it_came(client: httpx.Client) -> None:
    answer = post(client, b"\x0b\x02\x80", "br")
    assert answer.status_code == 415
    assert_error(answer, "unsupported_encoding", "Got a body in the coding 'br'")
    one = recorded(answer.headers["X-Exchange-Id"])
    assert (one.status, one.request_bytes) == (415, b"\x0b\x02\x80")
    assert one.request_headers is not None
    assert one.request_headers["content-encoding"] == "br"


def test_a_small_request_does_not_become_a_large_one(client: httpx.Client) -> None:
    answer = post(client, gzip.compress(bytes(10_000_001)), "gzip")
    assert answer.status_code == 413
    assert_error(answer, "too_large", "Send at most 10,000,000 bytes")
