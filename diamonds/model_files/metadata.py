"""The metadata of an exported version, ``model.yaml``: validates it, and writes it with valid fields only."""

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from diamonds.model_files.errors import BadVersionFile
from diamonds.models import REGISTRY
from diamonds.versions.entries import MODEL_YAML
from diamonds.versions.names import PREFIX
from diamonds.versions.version import ACCEPTED, IMPORTED, NOT_ACCEPTED, Version

_MOST_BYTES = 64 * 1024


def _finite(text: str) -> str:
    if not math.isfinite(float(text)):
        raise ValueError("expected a finite number")
    return text


def _past(moment: datetime) -> datetime:
    if moment > datetime.now(UTC):
        raise ValueError("expected a time that has passed")
    return moment


def _day(text: str) -> str:
    if text:
        date.fromisoformat(text)  # a ValueError where there is no such day
    return text


Number = Annotated[str, Field(max_length=30), AfterValidator(_finite)]
Whole = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
Day = Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"), AfterValidator(_day)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")]
Line = Annotated[str, Field(max_length=100, pattern=r"^[\w.:+-]*$")]
Tags = Annotated[str, Field(max_length=1000, pattern=r"^[a-z0-9:. -]*$")]


class Labels(BaseModel):
    """The labels of a version, without those that only champions have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    mae: Number
    rmse: Number
    r2: Number
    mape: Number
    within_10_percent: Number
    coverage: Number | Literal[""]
    width: Number | Literal[""]
    out_of_fold_mae: Number = "0"
    dataset: Hex
    rows: Whole
    calibration_rows: Whole | None = None
    reported_rows: Whole | None = None
    sold_until: Day = ""
    read_on: Day = ""
    seed: Whole
    # Not imported: a training of the same origin would reuse the version and promote it.
    origin: Annotated[Hex, Field(exclude=True)] = ""
    # Nor is what its own model store decided about it.
    accepted: Annotated[str, Field(exclude=True)] = ""
    imported: Annotated[str, Field(exclude=True)] = ""
    looks: Annotated[str, Field(exclude=True)] = ""
    git_commit: Hex = ""
    flow_run: Line = ""
    members: Tags = ""


class VersionMetadata(BaseModel):
    """The name, labels, parameters and time of creation of a version."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    version: Annotated[str, Field(pattern=r"^[a-z0-9]{8,40}$")]
    labels: Labels
    metadata: Annotated[dict[Line, int | float], Field(max_length=100)]
    creation_time: Annotated[AwareDatetime, AfterValidator(_past)]

    @property
    def tag(self) -> str:
        return f"{self.name}:{self.version}"

    def in_folder(self, folder: Path) -> Version:
        """The version whose files are in ``folder``, which need not be in a model store."""
        labels = self.labels.model_dump(exclude_unset=True)
        return Version(self.tag, self.creation_time, labels, dict(self.metadata), folder)

    def write(self, folder: Path) -> None:
        """Replaces ``model.yaml`` by one with these fields only, not accepted yet; JSON is YAML."""
        now = datetime.now(UTC).isoformat()
        fields = {
            **self.model_dump(mode="json", exclude={"labels"}),
            "labels": {**self.labels.model_dump(exclude_unset=True), ACCEPTED: NOT_ACCEPTED, IMPORTED: now},
            "module": "",
            "options": {},
            "signatures": {},
            "context": {
                "framework_name": "",
                "framework_versions": {},
                "bentoml_version": "",
                "python_version": "",
            },
            "api_version": "v1",
        }
        (folder / MODEL_YAML).write_text(json.dumps(fields, indent=2))


def read_metadata(folder: Path) -> VersionMetadata:
    """The ``model.yaml`` in a folder; raises ``BadVersionFile`` unless it is valid and of a known model."""
    path = folder / MODEL_YAML
    if not path.is_file():
        raise BadVersionFile(f"It holds no {MODEL_YAML}; was it exported by BentoML?")
    if path.stat().st_size > _MOST_BYTES:
        raise BadVersionFile(f"Its {MODEL_YAML} is larger than {_MOST_BYTES:,} bytes.")
    try:
        metadata = VersionMetadata.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadVersionFile(f"Its {MODEL_YAML} is no YAML.") from error
    except ValidationError as error:
        raise BadVersionFile(_sentence(error)) from error
    _check_model(metadata)
    return metadata


def _check_model(metadata: VersionMetadata) -> None:
    known = [name for name, spec in REGISTRY.items() if spec.available]
    model = metadata.name.removeprefix(PREFIX)
    if model not in known or metadata.name == model:
        expected = ", ".join(f"{PREFIX}{name}" for name in known)
        raise BadVersionFile(f"It is a version of {metadata.name!r}; expected one of {expected}.")
    if metadata.labels.model != model:
        raise BadVersionFile(f"Its label says model {metadata.labels.model!r}, its name says {model!r}.")


def _sentence(error: ValidationError) -> str:
    (first, *_) = error.errors(include_url=False, include_context=False)
    place = ".".join(map(str, first["loc"])) or "all of it"
    return (
        f"Its {MODEL_YAML} is not as expected at {place}: {first['msg']} (got {str(first['input'])[:100]!r})."
    )
