"""The model store of two machines, each a process with a home of its own, on files and on a real S3 API."""

import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import fsspec
import httpx
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from diamonds.sharing.files import SharedFiles, StoreAway
from tests.bento_service.serving import worker_serving
from tests.faults.proxy import Proxy
from tests.processes import free_port, wait_until
from tests.versions.hosts import Host, host, s3


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Host, Host]]:
    """Two hosts that share a folder."""
    url = f"file://{tmp_path}/shared"
    with host(tmp_path / "first", url) as first, host(tmp_path / "second", url) as second:
        yield first, second


@dataclass(frozen=True, slots=True)
class Bucket:
    """Two hosts that share a bucket of S3, the second through a proxy; ``tags`` are versions of the first."""

    first: Host
    second: Host
    proxy: Proxy
    tags: list[str]


@pytest.fixture(scope="module")
def bucket(files: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    proxy = Proxy(port, asked=b" HTTP/1.1")
    through = f"http://127.0.0.1:{proxy.port}"
    with (
        s3(folder, port) as direct,
        host(folder / "first", "s3://models/shared", AWS_ENDPOINT_URL=direct) as first,
        host(folder / "second", "s3://models/shared", AWS_ENDPOINT_URL=through) as second,
    ):
        yield Bucket(first, second, proxy, [first.ask("import", file) for file in files])
    proxy.close()


def test_what_one_host_promotes_accepts_and_deletes_is_so_on_the_other(
    two: tuple[Host, Host], files: list[str]
) -> None:
    first, second = two
    linear, xgboost = (first.ask("import", file) for file in files)
    first.ask("promote", linear)
    second.ask("sync")

    assert second.ask("champion") == linear
    assert second.ask("versions") == first.ask("versions")
    assert [damage for _, _, damage in second.ask("history")] == [None]
    assert second.ask("accept", xgboost) == "1"
    second.ask("promote", xgboost)
    first.ask("sync")
    assert first.ask("champion") == xgboost
    assert first.ask("accept", xgboost) == "2"
    first.ask("rollback")
    first.ask("delete", xgboost)
    for each in (first, second):
        each.ask("sync")
    assert second.ask("champion") == linear
    assert xgboost not in second.ask("versions")
    assert second.ask("history") == first.ask("history")


def test_of_two_hosts_that_promote_first_at_once_there_is_one_history(
    two: tuple[Host, Host], files: list[str]
) -> None:
    tags = [each.ask("import", file) for each, file in zip(two, files, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each, tag: each.ask("promote", tag), two, tags))
    for each in (*two, *two):
        each.ask("sync")

    history = two[0].ask("history")
    assert [number for number, _, _ in history] == ["2", "1"]
    assert {source for _, source, _ in history} == set(tags)
    assert two[1].ask("history") == history


@pytest.mark.slow
def test_a_service_quotes_with_what_another_host_promotes_also_after_the_store_was_away(
    files: list[str], tmp_path: Path
) -> None:
    shared, log = tmp_path / "shared", tmp_path / "log"
    service_home = tmp_path / "service"
    (service_home / "models").mkdir(parents=True)
    url = f"file://{shared}"
    environment = {"BENTOML_HOME": str(service_home), "DIAMONDS_MODEL_STORE_URL": url}

    with host(tmp_path / "first", url) as first, worker_serving(log, environment=environment) as running:

        def ready() -> dict[str, Any]:
            return dict(httpx.get(f"{running.url}/readyz", timeout=60).json())

        linear, xgboost = (first.ask("import", file) for file in files)
        first.ask("promote", linear)
        wait_until(lambda: "champion" in ready())
        champion = ready()["champion"]
        shared.rename(tmp_path / "unmounted")
        wait_until(lambda: not ready()["shared_store"]["answers"])
        stone = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
        quote = httpx.post(f"{running.url}/predict", json=stone, timeout=60).json()
        (tmp_path / "unmounted").rename(shared)
        first.ask("promote", xgboost)
        wait_until(lambda: ready()["champion"] != champion)

    assert quote["version"] == linear
    assert ready_again(log)


def ready_again(log: Path) -> bool:
    return "The shared model store answers again" in log.read_text()


def test_a_damaged_or_missing_version_is_brought_back_from_the_shared_store(
    two: tuple[Host, Host], files: list[str]
) -> None:
    first, second = two
    tag = first.ask("import", files[0])
    first.ask("sync")
    second.ask("sync")
    shutil.rmtree(second.home.joinpath("models", *tag.split(":")))

    second.ask("sync")

    assert second.ask("versions") == first.ask("versions") == [tag]


def test_files_of_other_content_than_their_hash_are_not_taken_and_keep_no_other_version_away(
    two: tuple[Host, Host], files: list[str], tmp_path: Path
) -> None:
    first, second = two
    linear, xgboost = (first.ask("import", file) for file in files)
    first.ask("promote", linear)
    manifest = first.home.joinpath("models", *xgboost.split(":"), "manifest.json").read_text()
    hashes = set(json.loads(manifest).values())
    others = first.home.joinpath("models", *linear.split(":"), "manifest.json").read_text()
    own = next(iter(hashes - set(json.loads(others).values())))
    tmp_path.joinpath("shared", "files", own[:2], own).write_bytes(b"x")

    with pytest.raises(RuntimeError, match="has other content than that of SHA-256"):
        second.ask("sync")
    assert xgboost not in second.ask("versions")
    assert second.ask("champion") == linear


def test_over_http_a_host_follows_by_one_request_a_look_and_changes_nothing(
    files: list[str], tmp_path: Path
) -> None:
    served = tmp_path / "shared"
    with (
        host(tmp_path / "first", f"file://{served}") as first,
        web_server(served) as (url, requests),
        host(tmp_path / "second", url) as second,
    ):
        linear = first.ask("import", files[0])
        first.ask("promote", linear)
        second.ask("sync")
        second.ask("sync")
        before = len(requests)
        second.ask("sync")

        assert second.ask("champion") == linear
        assert len(requests) == before + 1
        with pytest.raises(RuntimeError, match="is read over HTTP and cannot be changed from here"):
            second.ask("rollback")


@contextmanager
def web_server(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The URL of a web server of the files in a folder, and the requests that it has received."""
    requests: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:
            requests.append(self.path)

        def log_error(self, *args: object) -> None:
            """Nobody reads that a file is missing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


class Overwriting(MemoryFileSystem):  # type: ignore[misc] # fsspec comes without types
    """A file system without conditional writes, as stores have that are merely similar to S3."""

    protocol = "overwriting"

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: object) -> None:
        super().pipe_file(path, value, mode="overwrite", **options)


def test_a_store_that_overwrites_what_is_there_is_refused() -> None:
    fsspec.register_implementation("overwriting", Overwriting, clobber=True)

    SharedFiles.at("memory://kept").check_create()
    with pytest.raises(StoreAway, match="overwrites files where it was asked to create them"):
        SharedFiles.at("overwriting://lost").check_create()


@pytest.mark.slow
def test_a_host_that_is_cut_off_goes_on_with_its_champion_and_is_up_to_date_once_it_is_back(
    bucket: Bucket,
) -> None:
    first, second, (linear, xgboost) = bucket.first, bucket.second, bucket.tags
    first.ask("promote", linear)
    second.ask("sync")
    bucket.proxy.cuts = sys.maxsize

    with pytest.raises(RuntimeError, match="StoreAway: The shared model store at s3://models/shared does"):
        second.ask("promote", xgboost)
    first.ask("promote", xgboost)
    assert second.ask("champion") == linear
    bucket.proxy.cuts = 0
    second.ask("sync")
    assert second.ask("champion") == xgboost


@pytest.mark.slow
def test_of_promotions_at_once_on_two_hosts_there_is_one_history(bucket: Bucket) -> None:
    def promote(each: Host, tag: str) -> None:
        for _ in range(3):
            each.ask("promote", tag)

    hosts = (bucket.first, bucket.second)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(promote, hosts, bucket.tags))
    for each in hosts:
        each.ask("sync")

    history = bucket.first.ask("history")
    assert [int(number) for number, _, _ in history] == list(range(len(history), 0, -1))
    assert len(history) >= 6
    assert bucket.second.ask("history") == history
    assert bucket.second.ask("champion") == bucket.first.ask("champion") == history[0][1]
