"""What others wrote is on every page as they wrote it: neither rendered as Markdown nor as HTML."""

import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import FilePayload, Page, expect

from dashboard.models.card_text import card_markdown
from dashboard.ui.text import MOST_CHARACTERS, escape_markdown, visible
from diamonds.versions.integrity import MANIFEST, write_manifest
from tests.dashboard.conftest import Stack, choose
from tests.dashboard.hostile import HIDDEN, HIDDEN_SHOWN, HOSTILE, HUGE, TEXTS, expect_literal, rendered
from tests.dashboard.test_exchanges import recorded
from tests.processes import wait_until


def test_a_text_is_shown_on_one_line_cut_and_with_what_is_invisible() -> None:
    assert visible(HIDDEN) == HIDDEN_SHOWN
    assert visible("one\ntwo\t three\x1b\udc80") == r"one two three\x1b\udc80"
    assert visible(HUGE) == "h" * MOST_CHARACTERS + " ... (50,000 characters)"
    assert visible("\u05e9\u05dd") == "\u2068\u05e9\u05dd\u2069"
    assert escape_markdown("plain words") == "plain words"


def test_the_blocks_of_a_card_are_its_own_and_their_content_is_escaped() -> None:
    card = "# a *b*\n\n- c: `d`\n| e | f |\n|---|---:|\n| g | <h> |\n1. i\n===\n"

    assert card_markdown(card).splitlines() == [
        r"#### a \*b\*",
        "",
        r"- c\: \`d\`",
        "| e | f |",
        "|---|---:|",
        r"| g | \<h\> |",
        r"1\. i",
        r"\=\=\=",
    ]


def test_a_recorded_request_is_shown_as_it_was_sent(page: Page, stack: Stack) -> None:
    stone = {"carat": 1, "cut": HOSTILE, "color": "E", "clarity": "SI1", HOSTILE: HUGE}
    for response in (
        stack.api.get(f"/models/{quote(HOSTILE + HIDDEN, safe='')}", params={HOSTILE: HOSTILE}),
        stack.api.post("/predict", json=stone, headers={"user-agent": HOSTILE}),
    ):
        page.goto(f"{stack.dashboard}/exchanges?id={recorded(stack, response)}")
        expect(page.get_by_role("heading", name=f": {response.status_code}")).to_be_visible()
        expect_literal(page, *TEXTS[:4], *TEXTS[5:])  # JSON writes a backslash as two
        assert rendered(page) == []


def test_a_hostile_link_to_the_dashboard_shows_its_text(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/exchanges?id={quote(HOSTILE)}&path={quote(HOSTILE)}&text={quote(HOSTILE)}")

    expect(page.get_by_text("expected the X-Exchange-Id of a response, a UUID")).to_be_visible()
    expect_literal(page, TEXTS[0])
    assert rendered(page) == []


@pytest.fixture
def hostile_version(stack: Stack) -> Iterator[str]:
    """A version in the store whose card somebody else has written."""
    name, _, identity = stack.versions["linear"].partition(":")
    folder = stack.store / "models" / name / "hostile"
    shutil.copytree(stack.store / "models" / name / identity, folder)
    metadata = (folder / "model.yaml").read_text()
    for file in ("model.yaml", MANIFEST):  # neither is in the manifest
        (folder / file).unlink()
    table = ["| a | b |", "|---|---|", f"| {HOSTILE} | c |"]
    (folder / "card.md").write_text("\n".join([f"# {HOSTILE}", HIDDEN, *TEXTS, f"- {HOSTILE}", *table, HUGE]))
    write_manifest(folder)
    (folder / "model.yaml").write_text(metadata.replace(f"version: {identity}", "version: hostile"))
    wait_until(lambda: stack.api.get(f"/versions/{name}:hostile").is_success)
    yield f"{name}:hostile"
    shutil.rmtree(folder)
    wait_until(lambda: not stack.api.get(f"/versions/{name}:hostile").is_success)


def test_the_card_of_a_foreign_version_is_text(page: Page, stack: Stack, hostile_version: str) -> None:
    page.goto(f"{stack.dashboard}/models?part=Model+card")
    choose(page, "Card of version", hostile_version)

    expect(page.get_by_role("heading", name="evil.example")).to_be_visible()
    expect_literal(page, *TEXTS, HIDDEN_SHOWN)
    assert rendered(page) == []


STONES = f'carat,cut,color,clarity,"{HOSTILE}"\n0.7,Ideal,G,VS2,x\n0.7,"{HOSTILE}",G,VS2,x\n'


def upload(page: Page, content: str) -> None:
    file = FilePayload(name=f"{TEXTS[1]}.csv", mimeType="text/csv", buffer=content.encode())
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(file)


@pytest.mark.parametrize("content", [STONES, f'"{HOSTILE}",b\n1,2\n'], ids=["stones", "no stones"])
def test_an_uploaded_file_names_its_columns_as_they_are(page: Page, stack: Stack, content: str) -> None:
    page.goto(f"{stack.dashboard}/batch")
    upload(page, content)

    expect(page.get_by_text("evil.example").first).to_be_visible()
    expect_literal(page, *TEXTS[:4], *TEXTS[5:])  # an error quotes a backslash as two
    assert rendered(page) == []


def test_an_unusable_training_file_is_named_as_it_is(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/train")
    upload(page, f'"{HOSTILE}",b\n1,2\n')

    expect(page.get_by_text("evil.example").first).to_be_visible()
    expect_literal(page, TEXTS[1])
    assert rendered(page) == []
