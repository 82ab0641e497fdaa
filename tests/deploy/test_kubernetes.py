"""The manifests are valid by Kubernetes' own strict schemas, and as restricted as they say."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from diamonds.settings import PROJECT, Settings

FOLDER = PROJECT / "deploy" / "kubernetes"
KUBERNETES = "1.36"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())


def resources() -> Iterator[dict[str, Any]]:
    for file in KUSTOMIZATION["resources"]:
        yield from yaml.safe_load_all((FOLDER / file).read_text())


RESOURCES = {f"{each['kind']} {each['metadata']['name']}": each for each in resources()}
PODS = {
    name: resource["spec"]["template"]
    for name, resource in RESOURCES.items()
    if resource["kind"] in ("StatefulSet", "Job")
}
SERVICE = RESOURCES["StatefulSet diamonds"]


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_a_resource_is_valid(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, KUBERNETES, strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")
def test_what_kustomize_makes_of_them_is_valid_and_in_one_namespace() -> None:
    command = ["kubectl", "kustomize", str(FOLDER)]
    built = list(yaml.safe_load_all(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
    for resource in built:
        kubernetes_validate.validate(resource, KUBERNETES, strict=True)
    assert {f"{each['kind']} {each['metadata']['name']}" for each in built} == set(RESOURCES)
    assert {each["metadata"].get("namespace") for each in built if each["kind"] != "Namespace"} == {
        "diamonds"
    }
    pods = [each["spec"]["template"]["spec"] for each in built if each["kind"] in ("StatefulSet", "Job")]
    images = {container["image"] for pod in pods for container in pod["containers"]}
    assert images == {"registry.example/diamonds:latest"}


def test_the_kustomization_lists_every_file() -> None:
    assert set(KUSTOMIZATION["resources"]) | {"kustomization.yaml"} == {
        file.name for file in FOLDER.iterdir()
    }


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_a_pod_is_one_that_the_namespace_admits(pod: dict[str, Any]) -> None:
    """What the pod security standard `restricted` asks for."""
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec["automountServiceAccountToken"]
    for container in spec["containers"]:
        context = container["securityContext"]
        assert not context["allowPrivilegeEscalation"]
        assert context["readOnlyRootFilesystem"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(container["resources"])


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_no_service_sets_settings_by_the_variables_that_bear_its_name(pod: dict[str, Any]) -> None:
    assert not pod["spec"]["enableServiceLinks"]


def test_labels_select_the_pods() -> None:
    labels = SERVICE["spec"]["template"]["metadata"]["labels"]
    assert SERVICE["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES["Service diamonds"]["spec"]["selector"] == labels
    assert RESOURCES["PodDisruptionBudget diamonds"]["spec"]["selector"]["matchLabels"] == labels
    assert RESOURCES["NetworkPolicy calls"]["spec"]["podSelector"]["matchLabels"] == labels
    target = RESOURCES["HorizontalPodAutoscaler diamonds"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("StatefulSet", "diamonds")
    assert SERVICE["spec"]["serviceName"] == RESOURCES["Service diamonds-replicas"]["metadata"]["name"]


def test_a_pod_is_stopped_only_after_its_requests_and_its_journal_had_their_time() -> None:
    data = RESOURCES["ConfigMap diamonds"]["data"]
    pause_s, ship_s = 5, 5
    grace_s = SERVICE["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > pause_s + int(data["DIAMONDS_SHUTDOWN_SECONDS"]) + ship_s


def test_only_settings_that_there_are_are_set() -> None:
    names = [name.removeprefix("DIAMONDS_").lower() for name in RESOURCES["ConfigMap diamonds"]["data"]]
    assert set(names) <= set(Settings.model_fields)
