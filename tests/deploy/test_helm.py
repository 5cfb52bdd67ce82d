"""The chart with other values, and values that it refuses.  Needs Helm, as a command or a package."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from connector.settings import Settings
from tests.deploy.chart import RenderedChart, example, loaded, rendered

TRIAL = {
    "secret": {"values": {"DATABASE_URL": "postgresql://gatepost:pass$word@db/gatepost", "GATEPOST_SECRET_KEY": "k"}}
}
PLAIN: dict[str, Any] = {"secret": {"existing": "gatepost"}}
EVERYTHING: dict[str, Any] = {
    **TRIAL,
    "image": {"digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "images"}],
    "web": {
        "autoscaling": {"enabled": True}, "nodeSelector": {"disk": "fast"}, "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}}, "podAnnotations": {"a": "b"},
    },
    "ingress": {
        "pages": {"enabled": True, "host": "gatepost.example.com", "tlsSecret": "tls", "annotations": {"a": "b"}},
        "webhooks": {"enabled": True, "host": "events.example.com", "className": "external"},
    },
    "monitoring": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "prometheusRule": {"enabled": True}, "grafanaDashboard": {"enabled": True},
    },
    "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/gatepost/ca"}],
}  # fmt: skip


def test_the_example_is_what_helm_renders() -> None:
    assert rendered(loaded("example-values.yaml")).objects == example().objects


def test_least_values_make_web_worker_and_migration() -> None:
    release = rendered(PLAIN)
    assert "Secret/gatepost" not in release.names()
    assert release.one("Deployment", "gatepost-web")["spec"]["replicas"] == 2
    assert release.container("web")["image"] == "gatepost:0.2.0"


def test_a_trial_brings_its_secrets_also_for_the_migration_before_the_first_install() -> None:
    release = rendered(TRIAL)
    url = TRIAL["secret"]["values"]["DATABASE_URL"]
    assert release.one("Secret", "gatepost")["stringData"] == {"DATABASE_URL": url, "GATEPOST_SECRET_KEY": "k"}
    early = release.one("Secret", "gatepost-migrate")
    assert early["stringData"] == {"DATABASE_URL": url}
    assert early["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (variable,) = release.container("migrate")["env"]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "gatepost-migrate", "key": "DATABASE_URL"}


def test_a_trial_keeps_the_login_of_the_owner_from_the_processes() -> None:
    name = "GATEPOST_MAINTENANCE_DATABASE_URL"
    values = TRIAL["secret"]["values"] | {name: "postgresql://owner@db/gatepost"}
    release = rendered({"secret": {"values": values}})
    assert name not in release.one("Secret", "gatepost")["stringData"]
    assert release.one("Secret", "gatepost-migrate")["stringData"][name] == "postgresql://owner@db/gatepost"
    assert {one["name"] for one in release.container("migrate")["env"]} == {"DATABASE_URL", name}


def test_numbers_and_switches_are_passed_as_the_program_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "GATEPOST_MAX_BODY_BYTES": 52428800,
        "GATEPOST_RESTORE_NATIVE_GATES": True,
        "GATEPOST_READ_TIMEOUT": 12.5,
    }
    for name, value in rendered(PLAIN | {"settings": settings}).one("ConfigMap", "gatepost")["data"].items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (read.max_body_bytes, read.restore_native_gates, read.read_timeout) == (52428800, True, 12.5)


def test_a_longer_call_gives_a_stopping_worker_more_time() -> None:
    slow = rendered(PLAIN | {"settings": {"GATEPOST_READ_TIMEOUT": 90, "GATEPOST_CONNECT_TIMEOUT": 10}})
    assert slow.pod("worker")["terminationGracePeriodSeconds"] == 110


def test_a_changed_setting_restarts_the_pods() -> None:
    def stamp(release: RenderedChart) -> str:
        template = release.one("Deployment", "gatepost-worker")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/settings"])

    assert stamp(rendered(PLAIN)) != stamp(rendered(PLAIN | {"settings": {"GATEPOST_SWEEP_MINUTES": 5}}))


def test_rules_and_dashboard_come_with_the_chart() -> None:
    release = rendered(EVERYTHING)
    (group,) = release.one("PrometheusRule", "gatepost")["spec"]["groups"]
    assert "GatepostConnectionPaused" in [rule["alert"] for rule in group["rules"]]
    assert '"title": "Gatepost"' in release.one("ConfigMap", "gatepost-dashboard")["data"]["gatepost.json"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({}, "Set secret.existing to a Secret with DATABASE_URL and GATEPOST_SECRET_KEY", id="no secret"),
        pytest.param(
            {"secret": {"values": {"DATABASE_URL": "postgresql://db"}}}, "Make one with: gatepost key", id="no key"
        ),
        pytest.param(PLAIN | {"settings": {"GATEPOST_BATCHSIZE": 1}}, "GATEPOST_BATCHSIZE", id="no such setting"),
        pytest.param(
            PLAIN | {"settings": {"GATEPOST_API_TOKEN": "t"}}, "GATEPOST_API_TOKEN", id="a secret among the settings"
        ),
        pytest.param(PLAIN | {"ingress": {"pages": {"enabled": True}}}, "ingress.pages.host is missing.", id="no host"),
        pytest.param(PLAIN | {"web": {"replica": 3}}, "replica", id="a value that does not exist"),
    ],
)
def test_values_that_are_not_valid_are_refused(values: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rendered(values)


@pytest.mark.parametrize("values", [PLAIN, EVERYTHING], ids=["least", "everything"])
@pytest.mark.parametrize("version", ["1.30", "1.34"])
def test_kubernetes_accepts_every_object(values: Mapping[str, Any], version: str) -> None:
    if importlib.util.find_spec("kubernetes_validate") is None:
        pytest.skip("the schemas of Kubernetes are not here: install the Python package kubernetes-validate")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        validate = importlib.import_module("kubernetes_validate").validate
    for one in rendered(values).objects:
        if one["apiVersion"] != "monitoring.coreos.com/v1":
            validate(one, version, strict=True)
