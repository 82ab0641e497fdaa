"""The reports of stored datasets as the API shows them."""

from bento_service.http.errors import ApiError
from bento_service.schemas import DatasetAnswer
from diamonds.api.schemas import FieldError
from diamonds.dataset import markdown_of, report_in
from diamonds.versions import datasets


def one_dataset(fingerprint: str) -> DatasetAnswer:
    """The report of the dataset of that fingerprint; an unknown one is a 404."""
    stored = datasets.find(fingerprint)
    if stored is None:
        raise _unknown(fingerprint)
    report = report_in(stored.folder)
    return {
        "tag": stored.tag,
        "created_at": stored.created_at,
        "report": report,
        "page": markdown_of(report),
    }


def _unknown(fingerprint: str) -> ApiError:
    message = f"There is no dataset {fingerprint!r}; each version of a model names its own."
    field: FieldError = {"field": "fingerprint", "message": message, "got": fingerprint}
    return ApiError(404, "unknown_dataset", message, [field])
