"""What is wrong in a setting is refused in one line: the variable, the value and what would be right."""

import re

import pytest

from diamonds.settings import InvalidSettings, Settings, settings, unknown_variables


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as refused:
        settings.__wrapped__()
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DIAMONDS_MASKED_FIELDS", "name", 'JSON fields whose values are not recorded, as JSON: ["name"].'),
        ("DIAMONDS_GRADES", "[]", 'valid dictionary. Grades by how a source writes them, as JSON: {"cut"'),
        ("DIAMONDS_RATE_LIMIT", "600", "such as 600/minute"),
        ("DIAMONDS_SERVICE_URL", "localhost:3000", "expected a URL, such as http://127.0.0.1:3000."),
        ("DIAMONDS_REQUEST_TIMEOUT_SECONDS", "inf", "finite number"),
        ("DIAMONDS_REQUEST_TIMEOUT_SECONDS", "1e9", "less than or equal to 1000000"),
        ("DIAMONDS_CHAMPION_CHECK_SECONDS", "nan", "finite number"),
        ("DIAMONDS_SEED", "4294967296", "less than or equal to 4294967295"),
        ("DIAMONDS_RETENTION_MONTHS", "99999", "less than or equal to 1200"),
        ("DIAMONDS_SERVICE_PORT", "tcp://10.0.0.1:80", "valid integer"),
        ("DIAMONDS_DATA", "", "at least 1 character. Training data: a file, a folder, a URL"),
        ("DIAMONDS_HOME", "/srv/a\nb", "expected a name in UTF-8 on one line."),
        ("DIAMONDS_HOME", "/srv/\udcfc", "expected a name in UTF-8 on one line."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    message = refusal(monkeypatch, name, value)

    assert message.startswith(f"Got {name}=")
    assert expected in message
    assert "\n" not in message


NUMBERS = [
    name for name, field in Settings.model_fields.items() if re.search("int|float", str(field.annotation))
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["1e30", "9" * 30, "inf", "-1", ""])
def test_no_number_is_beyond_what_is_made_of_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    variable = f"DIAMONDS_{name.upper()}"
    assert refusal(monkeypatch, variable, value).startswith(f"Got {variable}={value!r}: Input should be")


def test_a_variable_that_is_named_as_a_setting_and_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIAMONDS_SERVICE_PROT", "3001")
    monkeypatch.setenv("diamonds_seed", "1")

    assert unknown_variables() == [
        "There is no setting DIAMONDS_SERVICE_PROT; did you mean DIAMONDS_SERVICE_PORT?"
    ]
