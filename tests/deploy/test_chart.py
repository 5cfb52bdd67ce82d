"""The rendered Helm chart matches the program: settings, commands, addresses and limits; and it is secure."""

from __future__ import annotations

import tomllib
import typing
from typing import Any

import pytest
from pydantic import SecretStr
from werkzeug.routing import Map

from connector.settings import Settings
from tests.conftest import ROOT
from tests.deploy.chart import Object, example, loaded, renderer, schema
from tests.deploy.commands import command_exists
from webhook_server.webhooks import address_of

COMPONENTS = ["web", "worker", "migrate"]
BY_THE_CHART = {"data", "database_url", "secret_key"}
"""Settings that the chart sets itself, or that have no meaning without a data folder."""


def _setting(name: str) -> str:
    return f"GATEPOST_{name.upper()}"


def _is_secret(name: str) -> bool:
    annotation = Settings.model_fields[name].annotation
    return annotation is SecretStr or SecretStr in typing.get_args(annotation)


def test_the_example_is_rendered_from_the_present_chart() -> None:
    first, *_ = (ROOT / "deploy/helm/example.yaml").read_text().splitlines()
    assert first.rpartition(" ")[2] == renderer().digest(), (
        "The chart has changed: python deploy/helm/render.py (needs Helm)"
    )


def test_the_chart_has_the_version_of_the_program() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    chart = loaded("gatepost/Chart.yaml")
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_values_accept_exactly_the_settings_that_are_not_secret() -> None:
    expected = {_setting(name) for name in Settings.model_fields if name not in BY_THE_CHART and not _is_secret(name)}
    assert set(schema()["properties"]["settings"]["propertyNames"]["enum"]) == expected


def test_the_secret_accepts_exactly_the_secret_settings() -> None:
    expected = {_setting(name) for name in Settings.model_fields if _is_secret(name)}
    named = set(schema()["properties"]["secret"]["properties"]["values"]["propertyNames"]["enum"])
    assert named == expected | {"DATABASE_URL", "GATEPOST_SECRET_KEY"}


@pytest.mark.parametrize("file", ["gatepost/values.yaml", "example-values.yaml"])
def test_the_values_contain_no_secret_setting(file: str) -> None:
    values = loaded(file)
    assert not {name for name in values["settings"] if _is_secret(name.removeprefix("GATEPOST_").lower())}
    assert not values["secret"].get("values")


def test_every_object_of_an_installation_is_there() -> None:
    assert example().names() == [
        "ConfigMap/gatepost",
        "Deployment/gatepost-web",
        "Deployment/gatepost-worker",
        "HorizontalPodAutoscaler/gatepost-web",
        "Ingress/gatepost-pages",
        "Ingress/gatepost-webhooks",
        "Job/gatepost-migrate",
        "NetworkPolicy/gatepost-migrate",
        "NetworkPolicy/gatepost-web",
        "NetworkPolicy/gatepost-worker",
        "PodDisruptionBudget/gatepost-web",
        "PodDisruptionBudget/gatepost-worker",
        "Service/gatepost-nowhere",
        "Service/gatepost-web",
        "ServiceAccount/gatepost",
        "ServiceMonitor/gatepost",
    ]


def test_the_settings_of_the_example_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in example().one("ConfigMap", "gatepost")["data"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.trusted_proxies, settings.over_tls, settings.time_zone) == (1, True, "Europe/Berlin")


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_run_commands_that_exist(component: str) -> None:
    command_exists(example().container(component)["args"])


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_have_no_rights_and_no_token(component: str) -> None:
    pod, container = example().pod(component), example().container(component)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert container["image"] == "images.example.com/gatepost:0.2.0"


def test_pods_run_as_the_user_of_the_container_file() -> None:
    text = (ROOT / "deploy/docker/Dockerfile").read_text()
    for _, pod in example().pods():
        assert f"USER {pod['securityContext']['runAsUser']}\n" in text


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_share_no_folder(component: str) -> None:
    volumes = {one["name"]: one for one in example().pod(component)["volumes"]}
    assert set(volumes) == {"tmp", "database-authority"}
    assert "emptyDir" in volumes["tmp"]


@pytest.mark.parametrize("component", ["web", "worker"])
def test_a_pod_without_database_or_key_does_not_start(component: str) -> None:
    named = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in example().container(component)["env"]}
    assert named == {name: {"name": "gatepost", "key": name} for name in ("DATABASE_URL", "GATEPOST_SECRET_KEY")}


def test_only_the_migration_has_the_login_of_the_owner() -> None:
    name = "GATEPOST_MAINTENANCE_DATABASE_URL"
    (owner,) = [one for one in example().container("migrate")["env"] if one["name"] == name]
    assert owner["valueFrom"]["secretKeyRef"] == {"name": "gatepost-owner", "key": name}
    for component in ("web", "worker"):
        assert "gatepost-owner" not in str(example().pod(component))


def test_probes_ask_addresses_that_the_web_server_answers(routes: Map) -> None:
    web = example().container("web")
    adapter = routes.bind("localhost")
    for probe, path in {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}.items():
        assert web[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "http"}
        assert adapter.test(path, "GET")
    assert web["ports"] == [{"name": "http", "containerPort": Settings.model_fields["port"].default}]


def test_ingresses_lead_to_addresses_that_exist_and_metrics_stay_inside(routes: Map) -> None:
    adapter = routes.bind("localhost")
    assert _ingress_paths("gatepost-pages") == {"/metrics": "gatepost-nowhere", "/": "gatepost-web"}
    assert adapter.test("/metrics", "GET")
    assert _ingress_paths("gatepost-webhooks") == {"/hooks": "gatepost-web"}
    assert address_of("/hooks/jira/jira-main") == ("jira", "jira-main", "")
    assert "selector" not in example().one("Service", "gatepost-nowhere")["spec"]
    assert example().one("ServiceMonitor", "gatepost")["spec"]["endpoints"][0]["path"] == "/metrics"


def _ingress_paths(name: str) -> dict[str, str]:
    (rule,) = example().one("Ingress", name)["spec"]["rules"]
    return {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}


def test_an_upgrade_stops_no_web_server_before_a_new_one_is_ready() -> None:
    for name in ("gatepost-web", "gatepost-worker"):
        assert example().one("Deployment", name)["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert example().one("PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


def test_a_stopping_pod_has_time_for_its_longest_call() -> None:
    longest = Settings().connect_timeout + Settings().read_timeout
    assert example().pod("worker")["terminationGracePeriodSeconds"] >= longest + 5
    (_, drain) = example().container("web")["lifecycle"]["preStop"]["exec"]["command"]
    assert example().pod("web")["terminationGracePeriodSeconds"] >= longest + int(drain)


def test_the_schema_is_migrated_before_a_new_version_starts() -> None:
    for kind in ("Job", "NetworkPolicy"):
        notes = example().one(kind, "gatepost-migrate")["metadata"]["annotations"]
        assert notes["helm.sh/hook"] == "pre-install,pre-upgrade"
    job = example().one("Job", "gatepost-migrate")
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "default"


def test_services_and_policies_select_the_right_pods() -> None:
    labels = {component: _labels(component) for component in COMPONENTS}
    web = [example().one("Service", "gatepost-web")["spec"]["selector"]]
    web += [example().one(kind, "gatepost-web")["spec"]["selector"]["matchLabels"] for kind in _SELECTING_KINDS]
    web += [example().one("NetworkPolicy", "gatepost-web")["spec"]["podSelector"]["matchLabels"]]
    for selector in web:
        assert [component for component in COMPONENTS if selector.items() <= labels[component].items()] == ["web"]


_SELECTING_KINDS = ("Deployment", "PodDisruptionBudget")


def _labels(component: str) -> dict[str, Any]:
    kinds: list[Object] = [one for one in example().objects if one["kind"] in {"Deployment", "Job"}]
    (found,) = [one for one in kinds if one["metadata"]["labels"]["app.kubernetes.io/component"] == component]
    return dict(found["spec"]["template"]["metadata"]["labels"])


@pytest.mark.parametrize("component", ["web", "worker"])
def test_pods_reach_only_database_dns_and_tools(component: str) -> None:
    policy = example().one("NetworkPolicy", f"gatepost-{component}")["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    reached = {port["port"]: rule.get("to") for rule in policy["egress"] for port in rule["ports"]}
    assert sorted(reached) == [53, 443, 587, 5432]
    assert reached[5432] == [{"ipBlock": {"cidr": "10.20.30.40/32"}}]
    assert reached[443] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]


def test_only_ingress_and_prometheus_reach_the_web_servers_and_nothing_a_worker() -> None:
    (rule,) = example().one("NetworkPolicy", "gatepost-web")["spec"]["ingress"]
    names = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
    assert names == ["ingress-nginx", "monitoring"]
    assert example().one("NetworkPolicy", "gatepost-worker")["spec"]["ingress"] == []
    assert example().one("NetworkPolicy", "gatepost-migrate")["spec"]["ingress"] == []
