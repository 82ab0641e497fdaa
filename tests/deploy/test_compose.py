"""What `compose.yaml` starts fits together, and with the settings and files of the project."""

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from diamonds.settings import PROJECT, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if SERVICES[name]["image"] in ("diamonds", "diamonds-training")]
SECRETS = {"POSTGRES_PASSWORD": "p", "DIAMONDS_API_KEYS": "k" * 32, "PREFECT_AUTH": "diamonds:s"}


def compose() -> list[str]:
    """The command of Docker Compose 2, as a plugin of the client or alone; it needs no engine."""
    known = [each for each in (["docker", "compose"], ["docker-compose"]) if shutil.which(each[0])]
    return next((each for each in known if output([*each, "version", "--short"]).startswith("2.")), [])


def output(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.skipif(not compose(), reason="there is no docker compose here")
def test_docker_compose_understands_it() -> None:
    understood = yaml.safe_load(output([*compose(), "config"], **SECRETS))
    assert set(understood["services"]) == set(SERVICES)
    url = understood["services"]["service-a"]["environment"]["DIAMONDS_DATABASE_URL"]
    assert url == "postgresql://diamonds:p@postgres:5432/diamonds"


@pytest.mark.skipif(not compose(), reason="there is no docker compose here")
@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_starts_without_a_secret(secret: str) -> None:
    assert output([*compose(), "config"], **{**SECRETS, secret: ""}) == ""


def test_it_fits_the_compose_specification() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_two_services_stand_behind_nginx_with_a_journal_each() -> None:
    nginx = (PROJECT / "deploy" / "nginx.conf").read_text()
    services = [name for name in SERVICES if SERVICES[name]["image"] == "diamonds"]
    assert services == ["service-a", "service-b"]
    assert all(f"server {name}:3000" in nginx for name in services)
    assert len({SERVICES[name]["volumes"][0] for name in services}) == 2
    assert "server.baseUrlPath" in " ".join(SERVICES["dashboard"]["command"])
    assert "location /dashboard/" in nginx


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_restricted(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_refers_to_what_there_is(name: str) -> None:
    service = SERVICES[name]
    volumes = [volume.partition(":")[0] for volume in service.get("volumes", ())]
    assert {volume for volume in volumes if not volume.startswith(".")} <= set(COMPOSE["volumes"])
    assert all((PROJECT / volume).is_file() for volume in volumes if volume.startswith("."))
    assert set(service.get("depends_on", ())) <= set(SERVICES)
    assert {config["source"] for config in service.get("configs", ())} <= set(COMPOSE["configs"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])


@pytest.mark.parametrize("name", SERVICES)
def test_only_settings_that_there_are_are_set(name: str) -> None:
    ours = [each for each in SERVICES[name].get("environment", {}) if each.startswith("DIAMONDS_")]
    assert {each.removeprefix("DIAMONDS_").lower() for each in ours} <= set(Settings.model_fields)


def test_only_nginx_is_published_and_on_loopback_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8080:8080"]}


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx here")
def test_nginx_understands_its_configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("nginx")
    site = (PROJECT / "deploy" / "nginx.conf").read_text()
    for name in (*SERVICES, "dashboard"):
        site = site.replace(f"{name}:", "127.0.0.1:")  # the names are those of the containers
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; events {{}} http {{ access_log off; include {folder}/site.conf; }}"
    )
    command = ["nginx", "-t", "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
