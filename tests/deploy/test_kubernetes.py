"""The manifests against Kubernetes' own schemas (offline, from kubernetes-validate), and what they say of each other."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bot.settings import Settings, load_settings
from tests.nginx import SHIPPED

FOLDER = Path(__file__).parent.parent.parent / "deploy" / "kubernetes"
VERSIONS = ("1.30", "1.34")
JSON = dict[str, Any]


def manifest(name: str) -> JSON:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8")))


NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "kustomization")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_is_what_kubernetes_takes(name: str, version: str) -> None:
    kubernetes_validate.validate(manifest(name), version, strict=True)


def test_a_misspelt_key_would_be_found() -> None:
    wrong = manifest("deployment")
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_all_but_the_secret_are_applied_together() -> None:
    listed = {name.removesuffix(".yaml") for name in manifest("kustomization")["resources"]}
    assert listed == {*NAMES} - {"secret.example"}


def test_they_choose_the_same_pods() -> None:
    labels = manifest("deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("deployment")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("service")["spec"]["selector"] == labels
    assert manifest("poddisruptionbudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("networkpolicy")["spec"]["podSelector"]["matchLabels"] == labels


def test_one_pod_at_a_time_may_go_and_the_settings_know_how_many_there_are() -> None:
    replicas = manifest("deployment")["spec"]["replicas"]
    assert manifest("poddisruptionbudget")["spec"]["minAvailable"] == replicas - 1
    assert manifest("deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert manifest("configmap")["data"]["YOUSHU_REPLICAS"] == str(replicas)


def test_the_settings_are_ones_that_the_service_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    given = manifest("configmap")["data"] | manifest("secret.example")["stringData"]
    for name, value in given.items():
        assert name.removeprefix("YOUSHU_").lower() in Settings.model_fields
        monkeypatch.setenv(name, value)
    assert load_settings().several


def test_a_container_has_no_root_and_can_write_only_where_it_must() -> None:
    pod = manifest("deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {each["mountPath"] for each in container["volumeMounts"]} == {"/data", "/tmp"}  # noqa: S108 -- the container's own
    assert not pod["automountServiceAccountToken"]
    dockerfile = (FOLDER.parent.parent / "Dockerfile").read_text("utf-8")
    assert f"USER {pod['securityContext']['runAsUser']}\n" in dockerfile


def test_the_ingress_sends_on_what_nginx_does() -> None:
    annotations = manifest("ingress")["metadata"]["annotations"]
    shipped = SHIPPED.read_text("utf-8")
    for name in ("proxy-next-upstream", "proxy-next-upstream-tries", "proxy-connect-timeout", "proxy-read-timeout"):
        [value] = re.findall(rf"^\s*{name.replace('-', '_')} ([^;]*?)s?;", shipped, re.MULTILINE)
        assert annotations[f"nginx.ingress.kubernetes.io/{name}"] == value
