"""Facts of the project that nothing else would notice when they stop being true."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import Flow, load_flow_from_entrypoint

from diamonds.cli.settings import markdown
from diamonds.models import REGISTRY
from diamonds.settings import PROJECT
from flows.automations import FILE as AUTOMATIONS
from flows.pool import QUEUES
from tests.schedule import GROUPS

DEPLOYMENTS: dict[str, dict[str, Any]] = {
    deployment["name"]: deployment
    for deployment in yaml.safe_load((PROJECT / "prefect.yaml").read_text())["deployments"]
}


def test_there_is_a_deployment_for_each_model_one_for_all_and_those_of_the_maintenance() -> None:
    wanted = {*REGISTRY, "all", "months", "monitor"}
    missing = ", ".join(sorted(wanted - set(DEPLOYMENTS)))

    assert set(DEPLOYMENTS) == wanted, (
        f"Add to prefect.yaml a deployment for each of: {missing}, like the one named linear."
    )


@pytest.mark.parametrize("name", [*REGISTRY, "all"])
def test_a_deployment_trains_the_model_it_is_named_for(name: str) -> None:
    models = DEPLOYMENTS[name].get("parameters", {}).get("models")

    assert models == (None if name == "all" else [name])


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_a_deployment_gives_a_flow_parameters_that_it_takes(deployment: dict[str, Any]) -> None:
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"])

    assert set(deployment["parameters"]) <= set(flow.parameters.properties)


@pytest.mark.parametrize("name", sorted(set(DEPLOYMENTS) - {"ensemble"}))
def test_a_deployment_has_a_cron_schedule_in_a_timezone_and_with_a_slug(name: str) -> None:
    (schedule,) = DEPLOYMENTS[name]["schedules"]

    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    assert ZoneInfo(schedule["timezone"])
    assert schedule["slug"], "Without one, whoever paused it finds it running after the next start."


def test_every_deployment_is_of_the_pool_and_its_queues() -> None:
    pools = {
        (each["work_pool"]["name"], each["work_pool"]["work_queue_name"]) for each in DEPLOYMENTS.values()
    }

    assert pools == {("{{ $DIAMONDS_WORK_POOL }}", queue) for queue in QUEUES}


def test_the_ensemble_starts_after_its_members() -> None:
    after = re.findall(r"prefect.deployment.\{deployment:train/(\w+)\}\"\}", AUTOMATIONS.read_text())

    assert after == [*REGISTRY["ensemble"].members]


def test_the_bento_names_a_service_that_imports_and_files_that_exist() -> None:
    bento = yaml.safe_load((PROJECT / "bentofile.yaml").read_text())
    module, _, service = bento["service"].partition(":")
    importing = [sys.executable, "-c", f"from {module} import {service}"]

    assert subprocess.run(importing, cwd=PROJECT, check=False).returncode == 0
    assert [pattern for pattern in bento["include"] if not any(PROJECT.glob(pattern.lstrip("/")))] == []


@pytest.mark.parametrize("row", markdown().splitlines())
def test_a_setting_is_documented_as_it_is(row: str) -> None:
    documented = (PROJECT / "docs" / "configuration.md").read_text().splitlines()

    assert row in documented, "Renew it: make docs"


def test_no_setting_is_documented_that_there_is_not() -> None:
    documented = (PROJECT / "docs" / "configuration.md").read_text()
    rows = [line for line in documented.splitlines() if line.startswith("|")]

    assert rows == markdown().splitlines()


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock", "requirements-serve.lock"])
def test_a_lock_pins_everything_with_hashes_and_names_no_index(file: str) -> None:
    lock = (PROJECT / file).read_text()
    pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==", lock, flags=re.MULTILINE)
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert {re.split(r"[\[<>=]", each)[0] for each in wanted} <= set(pinned)
    assert lock.count("==") >= len(pinned)
    assert lock.count("    --hash=sha256:") >= len(pinned)
    assert "://" not in lock


def _commands_of(automation: str) -> list[str]:
    parsed = yaml.safe_load((PROJECT / automation).read_text())
    if "jobs" in parsed:
        return [step["run"] for job in parsed["jobs"].values() for step in job["steps"] if "run" in step]
    return [hook["entry"] for repository in parsed["repos"] for hook in repository["hooks"]]


@pytest.mark.parametrize("automation", [".pre-commit-config.yaml", ".github/workflows/ci.yaml"])
def test_automation_runs_the_checks_and_tests_of_make_and_nothing_of_its_own(automation: str) -> None:
    commands = _commands_of(automation)

    assert {"make check", "make test"} <= set(commands) <= {"make check", "make test", ".ci/packages"}
    for command in commands:
        program, *targets = command.split()
        if program == "make":
            subprocess.run(
                ["make", *targets, "--dry-run"], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL
            )
        else:
            assert os.access(PROJECT / program, os.X_OK)


OLD_PYTHON = """#!/bin/sh
case "$*" in --version) echo "Python 3.9.2";; *version_info*) exit 1;; esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$*" in *ensurepip*) exit 1;; esac
"""


def test_make_installs_by_the_first_python_that_fits(tmp_path: Path) -> None:
    for name, program in (("old", OLD_PYTHON), ("good", '#!/bin/sh\necho "$*"\n')):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)

    pythons = f"{tmp_path / 'missing'} {tmp_path / 'old'} {tmp_path / 'good'}"
    done = subprocess.run(
        ["make", "install", f"PYTHON={pythons}"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines()[-1] == "-m scripts.install requirements.lock --into .venv"


@pytest.mark.parametrize(
    ("python", "line"),
    [
        (
            OLD_PYTHON,
            "Python 3.9.2 is too old or too new; install Python 3.11 to 3.14, or name one: make PYTHON=...",
        ),
        (WITHOUT_VENV, "cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv"),
        (None, "install Python 3.11 to 3.14, or name one: make PYTHON=..."),
    ],
    ids=["too old", "without venv", "none"],
)
def test_make_says_in_one_line_what_is_wrong_with_the_python(
    python: str | None, line: str, tmp_path: Path
) -> None:
    program = tmp_path / "python3"
    if python is not None:
        program.write_text(python)
        program.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)

    make = subprocess.run(
        ["make", "run", f"PYTHON={program}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    said, *_, made = make.stderr.splitlines()
    assert make.returncode == 2
    assert said.endswith(line)
    assert made.startswith("make: ***")


def test_the_schedule_of_the_tests_names_what_there_is() -> None:
    assert [start for start in GROUPS if not (PROJECT / start).exists()] == []


@pytest.mark.parametrize(
    "variable", ["PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONINSPECT", "PYTHONOPTIMIZE", "PYTHONWARNINGS"]
)
def test_what_make_starts_is_a_plain_python_whatever_the_environment_says(
    tmp_path: Path, variable: str
) -> None:
    rule = tmp_path / "rule"
    rule.write_text("shown: ; @env\n")
    environment = os.environ | {variable: "1"}

    shown = subprocess.run(
        ["make", "-f", "Makefile", "-f", str(rule), "shown"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert variable not in {line.partition("=")[0] for line in shown.stdout.splitlines()}


@pytest.mark.parametrize(
    "start", ["import bento_service.service, bento_service.worker_app", "from diamonds.versions import store"]
)
def test_a_start_imports_no_library_that_only_training_or_a_loaded_model_needs(start: str) -> None:
    heavy = {
        "catboost",
        "lightgbm",
        "matplotlib",
        "optuna",
        "prefect",
        "scipy",
        "sklearn",
        "skops",
        "xgboost",
    }
    program = f"import sys; {start}; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert heavy & {name.partition(".")[0] for name in imported.stdout.split()} == set()
