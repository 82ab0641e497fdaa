"""Versions leave as files and come back, and whatever is not one of ours is refused in a sentence."""

import io
import json
import lzma
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import bentoml
import httpx
import pytest
import yaml

from diamonds.versions import store
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import worker_serving
from tests.processes import wait_until

OTHER = "uploadedtothestore"
Change = Callable[[Path], Any]


@pytest.fixture
def folder(xgboost: Version, client: httpx.Client, tmp_path: Path) -> Path:
    """A downloaded version, unpacked and under another name than in the model store."""
    place = tmp_path / "version"
    with tarfile.open(fileobj=io.BytesIO(download(client, xgboost.tag)), mode="r:xz") as tar:
        tar.extractall(place, filter="data")
    describe(version=OTHER)(place)
    return place


@pytest.fixture
def other() -> Iterator[str]:
    """The tag under which a test uploads a version, which is gone afterwards."""
    tag = f"diamonds-xgboost:{OTHER}"
    yield tag
    bentoml.models.delete(tag)


def download(client: httpx.Client, tag: str) -> bytes:
    return client.get(f"/version_files/{tag}").raise_for_status().content


def upload(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    headers["content-type"] = "application/octet-stream"
    return client.post("/version_files", content=content, headers=headers)


def packed(folder: Path, *more: tarfile.TarInfo) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:xz", preset=0) as tar:
        tar.add(folder, arcname=".")
        for member in more:
            tar.addfile(member)
    return archive.getvalue()


def describe(labels: dict[str, str] | None = None, **said: Any) -> Change:
    """Changes what ``model.yaml`` says."""

    def change(folder: Path) -> None:
        description = yaml.safe_load((folder / "model.yaml").read_text())
        description |= said
        description["labels"] |= labels or {}
        (folder / "model.yaml").write_text(yaml.safe_dump(description))

    return change


def write(name: str, content: bytes, *, signed: bool = False) -> Change:
    """Writes a file of the version, and its hash into the manifest if it is ``signed``."""

    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)
        if signed:
            manifest = json.loads((folder / "manifest.json").read_text())
            manifest[name] = sha256(content).hexdigest()
            (folder / "manifest.json").write_text(json.dumps(manifest))

    return change


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda folder: write(name, change((folder / name).read_bytes()), signed=True)(folder)


@pytest.mark.usefixtures("champion_restored")
def test_a_version_comes_back_from_its_file_and_quotes_as_before(
    client: httpx.Client, xgboost: Version, folder: Path, other: str
) -> None:
    before = client.get("/promotions").json()
    answer = upload(client, packed(folder)).raise_for_status().json()
    listed = client.get("/models/xgboost").json()["versions"]
    (original,) = [each for each in listed if each["version"] == xgboost.tag]

    assert answer["imported"] == {**original, "version": other, "champion": False, "accepted": False}
    assert answer["imported"] in listed
    assert any("SHA-256" in sentence for sentence in answer["checks"])
    assert client.get("/promotions").json() == before, "What is uploaded is not promoted."
    named = {**STONE, "model": "xgboost"}
    assert client.post("/predict", json=named).json()["version"] == xgboost.tag, "Nor is it accepted."
    accepted = client.post(f"/versions/{other}/acceptance").raise_for_status().json()
    assert accepted == {**answer["imported"], "accepted": True}
    wait_until(lambda: client.post("/predict", json=named).json()["version"] == other)
    client.post("/promotions", json={"version": other, "force": True}).raise_for_status()
    assert store.get(other).labels.get("origin") is None, "No training may take it for its own."


def test_an_upload_that_is_sent_twice_at_once_under_one_id_has_one_answer(
    client: httpx.Client, folder: Path, other: str
) -> None:
    id_, content = str(uuid4()), packed(folder)
    with ThreadPoolExecutor(2) as threads:
        sent = [threads.submit(upload, client, content, **{"x-exchange-id": id_}) for _ in range(2)]
    first, second = (each.result().raise_for_status() for each in sent)
    assert first.json()["imported"]["version"] == other
    assert second.content == first.content
    assert (recorded(id_).status, recorded(id_).response_body) == (200, first.json())


def test_a_download_is_bentomls_own_export_format(
    client: httpx.Client, xgboost: Version, tmp_path: Path
) -> None:
    answer = client.get(f"/version_files/{xgboost.tag}")
    file = tmp_path / "version.bentomodel"
    file.write_bytes(answer.content)
    name = xgboost.tag.replace(":", "-")
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.bentomodel"'
    assert answer.headers["content-type"] == "application/octet-stream"
    with pytest.raises(bentoml.exceptions.BentoMLException, match=f"{xgboost.tag}' already exists"):
        bentoml.models.import_model(str(file))


def test_what_bentoml_exported_can_be_uploaded(
    client: httpx.Client, xgboost: Version, tmp_path: Path
) -> None:
    file = Path(bentoml.models.export_model(xgboost.tag, str(tmp_path / "version.bentomodel")))
    answer = upload(client, file.read_bytes())

    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == (
        "version_exists",
        f"The model store has {xgboost.tag} already.",
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (describe(name="diamonds-champion"), "a version of 'diamonds-champion'; expected one of"),
        (describe(name="diamonds-dataset"), "a version of 'diamonds-dataset'; expected one of"),
        (describe(name="diamonds-linear"), "label says model 'xgboost', its name says 'linear'"),
        (describe(version="../../../etc"), "model.yaml is not as expected at version"),
        (describe({"source": "diamonds-linear:abc"}), "at labels.source: Extra inputs are not permitted"),
        (describe({"mae": "nan"}), "at labels.mae: Value error, expected a finite number"),
        (describe({"mae": "1.0"}), "Its label mae is 1.0, but its hold-out says"),
        (describe({"rows": "7"}), "Its label rows is 7, but it has"),
        (describe(metadata={"depth": ["!"]}), "at metadata.depth"),
        (
            describe(creation_time=str(datetime.now(UTC) + timedelta(days=1))),
            "expected a time that has passed",
        ),
        (write("model.yaml", b"{"), "Its model.yaml is no YAML."),
        (write("model.yaml", b"#" * 100_000), "Its model.yaml is larger than"),
        (lambda folder: (folder / "model.yaml").unlink(), "It holds no model.yaml"),
        (lambda folder: (folder / "manifest.json").unlink(), "It holds no manifest.json"),
        (write("manifest.json", b"[]"), "Its manifest.json does not name files"),
        (write("booster.ubj", b"another"), "is missing or not the file that was saved"),
        (write("more.json", b"{}"), "It holds 'more.json', which its manifest.json does not name"),
        (
            write("custom_objects.pkl", b"\x80\x05N."),
            "It holds './custom_objects.pkl'; files of versions end in",
        ),
        (write("booster.ubj", b"no booster", signed=True), "It could not be loaded: "),
        (
            rewrite("similar.npy", lambda rows: rows[:-8] + bytes(8)),
            "similar.npy is not the index of its own",
        ),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_with_the_reason(
    client: httpx.Client, folder: Path, change: Change, told: str
) -> None:
    change(folder)
    expect_refused(client, packed(folder), told)


def expect_refused(client: httpx.Client, content: bytes, told: str) -> None:
    answer = upload(client, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_version_file")
    message = answer.json()["error"]["message"]
    assert told in message
    assert "/tmp" not in message  # noqa: S108 - the place where it was unpacked says nothing to the reader
    tags = [each["version"] for each in client.get("/models/xgboost").json()["versions"]]
    assert f"diamonds-xgboost:{OTHER}" not in tags


def test_a_version_whose_model_quotes_other_prices_than_it_was_judged_by_is_refused(
    client: httpx.Client, folder: Path, linear: Version
) -> None:
    with tarfile.open(fileobj=io.BytesIO(download(client, linear.tag)), mode="r:xz") as tar:
        tar.extractall(folder.with_name("linear"), filter="data")
    folder = folder.with_name("linear")
    describe(version=OTHER)(folder)
    change = rewrite(
        "coefficients.json", lambda fitted: json.dumps(json.loads(fitted) | {"base": 1.0}).encode()
    )
    change(folder)

    expect_refused(client, packed(folder), "It quotes stones of its hold-out up to ")


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([member("../outside.json")], "'../outside.json', which would be written outside its folder"),
        ([member("/etc/outside.json")], "'/etc/outside.json', which would be written outside"),
        ([member("a/../../outside.json")], "which would be written outside its folder"),
        ([member("..\\outside.json")], "which would be written outside its folder"),
        ([member("link.json", tarfile.SYMTYPE, "/etc/passwd")], "'link.json', which is a link or device"),
        ([member("link.json", tarfile.LNKTYPE, "card.md")], "'link.json', which is a link or device"),
        ([member("pipe.json", tarfile.FIFOTYPE)], "'pipe.json', which is a link or device"),
        ([member("disk.json", tarfile.BLKTYPE)], "'disk.json', which is a link or device"),
        ([member("card.md")], "It holds 'card.md' twice"),
        ([member("nowhere/card.md")], "'card.md' without the folder that it is in"),
        ([member(f"{number}.json") for number in range(100)], "more than 100 files"),
    ],
)
def test_an_archive_that_reaches_beyond_its_folder_is_refused(
    client: httpx.Client, folder: Path, members: list[tarfile.TarInfo], told: str
) -> None:
    expect_refused(client, packed(folder, *members), told)


def bomb() -> bytes:
    """Half a gigabyte of nothing in 80 kB."""
    compressor, nothing = lzma.LZMACompressor(preset=0), bytes(1024**2)
    return b"".join([*(compressor.compress(nothing) for _ in range(501)), compressor.flush()])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda whole: b"", "It ends before its archive does"),
        (lambda whole: b"PK\x03\x04" + bytes(100), "It is no xz archive"),
        (lambda whole: whole[:-5000], "It ends before its archive does"),
        (lambda whole: whole + b"more", "There is something behind the end"),
        (lambda whole: lzma.compress(b"no tar"), "It is no tar archive in xz"),
        (lambda whole: bomb(), "Unpacked it is larger than 524,288,000 bytes"),
    ],
)
def test_what_is_no_such_archive_is_refused(
    client: httpx.Client, folder: Path, make: Callable[[bytes], bytes], told: str
) -> None:
    expect_refused(client, make(packed(folder)), told)


def test_an_upload_is_recorded_by_its_first_bytes_size_and_hash(client: httpx.Client) -> None:
    content = b"x" * 11_000_000
    answer = upload(client, content)
    assert answer.status_code == 400, "Files of versions may be larger than other bodies."
    path = f"/exchanges/{answer.headers['x-exchange-id']}"
    wait_until(lambda: client.get(path).is_success)
    assert client.get(path).json()["request_size"] == len(content)


def test_a_file_is_neither_too_large_nor_json(client: httpx.Client) -> None:
    assert upload(client, b"x" * 50_000_001).status_code == 413
    refused = client.post("/version_files", json={})
    assert refused.status_code == 415
    assert "application/octet-stream" in refused.json()["error"]["message"]


@pytest.mark.parametrize("tag", ["diamonds-xgboost:nothing", "diamonds-dataset:latest", "nonsense"])
def test_an_unknown_version_has_no_file(client: httpx.Client, tag: str) -> None:
    assert client.get(f"/version_files/{tag}").status_code == 404


def test_versions_are_moved_with_a_key_only(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    environment = {"BENTOML_HOME": str(tmp_path), "DIAMONDS_API_KEYS": '["let-me-move-them"]'}
    with worker_serving(tmp_path / "log", environment=environment) as service, service.stranger() as client:
        assert client.get("/version_files/x").status_code == 401
        assert upload(client, b"").status_code == 401
        client.headers["authorization"] = "Bearer let-me-move-them"
        assert client.get("/version_files/x").status_code == 404
        assert upload(client, b"").status_code == 400
