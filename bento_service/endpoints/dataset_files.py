"""Reads a file of sold stones as a training does, in a subprocess of limited memory and time.

``python -m bento_service.endpoints.dataset_files FILE REQUEST RESULT`` stores the dataset, or only reads it.
"""

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict

from bento_service.http.errors import ApiError, bad_request
from diamonds.dataset import DataError, DataReport
from diamonds.dataset.files import has_table_suffix
from diamonds.model_files.isolation import last_error, modules_path
from diamonds.model_files.sandbox import limit_resources
from diamonds.versions.integrity import DamagedVersion

SECONDS = 25
"""So that there is an answer before the time limit of requests."""


class FileRequest(BaseModel):
    """How an uploaded file is called and to be read, and whether its dataset is stored."""

    model_config = ConfigDict(frozen=True)

    name: str
    part: str | None = None
    columns: str | None = None
    mapping: str | None = None
    store: bool = True


class FileResult(BaseModel):
    """What was understood of a file, or the sentence that says why it cannot be trained on.

    ``tag`` is that of the stored dataset; ``is_new``: its stones were not stored before.
    """

    model_config = ConfigDict(frozen=True)

    report: DataReport | None = None
    tag: str | None = None
    is_new: bool = True
    problem: str | None = None


def read_file(content: bytes, request: FileRequest) -> FileResult:
    """What was understood of the file; a 400 where it cannot be trained on."""
    with TemporaryDirectory(prefix="diamonds-dataset-") as place:
        file, result = Path(place) / "file", Path(place) / "result"
        file.write_bytes(content)
        command = [sys.executable, "-m", __name__, str(file), request.model_dump_json(), str(result)]
        try:
            ended = _ended(command)
        except subprocess.TimeoutExpired as error:
            raise ApiError(413, "too_large", f"The file cannot be read within {SECONDS} seconds.") from error
        if ended.returncode:
            raise bad_request(f"The file could not be read: {_cause(ended)}", code="bad_dataset")
        found = FileResult.model_validate_json(result.read_bytes())
    if found.problem:
        raise bad_request(found.problem, code="bad_dataset")
    return found


def _ended(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": modules_path()}
    return subprocess.run(
        command, timeout=SECONDS, capture_output=True, text=True, check=False, env=environment
    )


def _cause(ended: "subprocess.CompletedProcess[str]") -> str:
    if ended.returncode < 0:
        return "it needs more memory or time than one file may take."
    return last_error(ended)[:300]


def _read(content: bytes, request: FileRequest) -> FileResult:
    from diamonds.dataset import ColumnMapping, load_dataset

    name = request.name if has_table_suffix(request.name) else f"{request.name}.csv"
    source = f"{name}#{request.part}" if request.part else name
    try:
        mapping = ColumnMapping.chosen(request.mapping, request.columns)
        dataset = load_dataset(source, content, mapping=mapping)
    except DataError as error:
        return FileResult(problem=str(error))
    report = dataset.report.model_copy(update={"source": f"upload://{request.name}"})
    if not request.store:
        return FileResult(report=report)
    from diamonds.versions import datasets  # imports BentoML, which takes a second

    with suppress(DamagedVersion):  # it is stored anew then
        if stored := datasets.find(dataset.fingerprint):
            return FileResult(report=report, tag=stored.tag, is_new=False)
    return FileResult(report=report, tag=datasets.save(replace(dataset, report=report)).tag)


def main() -> None:
    """Reads the file on the command line."""
    limit_resources()
    file, request, result = sys.argv[1:]
    found = _read(Path(file).read_bytes(), FileRequest.model_validate_json(request))
    Path(result).write_text(found.model_dump_json(), "utf-8")


if __name__ == "__main__":
    main()
