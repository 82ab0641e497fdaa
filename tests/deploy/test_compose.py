"""What `compose.yaml` starts fits together, and with the settings and files of the project."""

import os
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from diamonds.settings import PROJECT, Settings

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if SERVICES[name]["image"] in ("diamonds", "diamonds-training")]
SECRETS = {"POSTGRES_PASSWORD": "p", "DIAMONDS_API_KEYS": "k" * 32, "PREFECT_AUTH": "diamonds:s"}


def has_compose() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    )


@pytest.mark.skipif(not has_compose(), reason="there is no docker compose here")
def test_docker_compose_understands_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home")), **SECRETS}
    subprocess.run(["docker", "compose", "config", "--quiet"], cwd=PROJECT, env=env, check=True)


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
