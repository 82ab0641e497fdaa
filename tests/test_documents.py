"""What the documents name exists: paths, Python names, links and the rooms of the code."""

import pkgutil
import re
from pathlib import Path

import pytest

from diamonds.settings import PROJECT

DOCUMENTS = [
    path.relative_to(PROJECT).as_posix()
    for path in (PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted(PROJECT.glob("docs/**/*.md")))
]
EXAMPLE = re.compile(r"^```(?!mermaid|text).*?^```", flags=re.DOTALL | re.MULTILINE)
FOLDERS = r"benchmarks|bento_service|dashboard|data|diamonds|docs|flows|tests|\.ci|\.github"
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/(?:[\w.-]+/)*(?:[\w-]+(?:\.[\w-]+)*)?")
NAME = re.compile(r"(?<![\w/.-])(?:benchmarks|bento_service|dashboard|diamonds|flows)(?:\.[A-Za-z_]\w*)+")
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")

every_document = pytest.mark.parametrize("document", DOCUMENTS)


def prose(document: str) -> str:
    """The text of a document without its examples, which other tests run."""
    return EXAMPLE.sub("", (PROJECT / document).read_text())


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@every_document
def test_each_path_that_a_document_names_exists(document: str) -> None:
    paths = PATH.findall(prose(document))

    assert [path for path in paths if not (PROJECT / path).exists()] == []


@every_document
def test_each_python_name_in_a_document_can_be_imported(document: str) -> None:
    for name in NAME.findall(prose(document)):
        pkgutil.resolve_name(name)


@every_document
def test_each_link_of_a_document_leads_to_a_file_and_a_heading_of_it(document: str) -> None:
    page = PROJECT / document
    for link in LINK.findall(prose(document)):
        target, _, anchor = link.partition("#")
        linked = page.parent / target if target else page
        assert linked.exists(), link
        assert not anchor or anchor in headings(linked), link


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_document_of_the_rooms_names_each_of_them(document: str) -> None:
    rooms = {path.parent.name for path in PROJECT.glob("diamonds/*/__init__.py")}

    assert set(re.findall(r"\bdiamonds/(\w+)/", prose(document))) == rooms


def test_the_index_of_decisions_links_to_each_of_them() -> None:
    folder = PROJECT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("0*.md"))

    assert sorted(LINK.findall((folder / "README.md").read_text())) == pages
    assert [int(page[:4]) for page in pages] == list(range(1, len(pages) + 1))
