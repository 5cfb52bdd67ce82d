"""The Helm chart for tests: its files, and the objects that are rendered from the example's values."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import ROOT

HELM = ROOT / "deploy/helm"
CHART = HELM / "gatepost"

Object = Mapping[str, Any]


@cache
def renderer() -> ModuleType:
    """``deploy/helm/render.py``, which is a script beside the packages."""
    spec = importlib.util.spec_from_file_location("gatepost_render", HELM / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def loaded(name: str) -> Any:
    return YAML(typ="safe").load((HELM / name).read_text())


def schema() -> Any:
    return json.loads((CHART / "values.schema.json").read_text())


@dataclass(frozen=True, slots=True)
class RenderedChart:
    objects: Sequence[Object]

    def one(self, kind: str, name: str) -> Object:
        (found,) = [each for each in self.objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
        return found

    def names(self) -> list[str]:
        return [f"{each['kind']}/{each['metadata']['name']}" for each in self.objects]

    def pods(self) -> Iterator[tuple[str, Object]]:
        """The pod templates, by the component that they run."""
        for each in self.objects:
            if each["kind"] in {"Deployment", "Job"}:
                template = each["spec"]["template"]
                yield template["metadata"]["labels"]["app.kubernetes.io/component"], template["spec"]

    def pod(self, component: str) -> Object:
        return dict(self.pods())[component]

    def container(self, component: str) -> Object:
        (container,) = self.pod(component)["containers"]
        return container  # type: ignore[no-any-return]


@cache
def example() -> RenderedChart:
    """The objects of ``example.yaml``, for which no Helm is needed."""
    return RenderedChart([each for each in YAML(typ="safe").load_all((HELM / "example.yaml").read_text()) if each])


def rendered(values: Mapping[str, object]) -> RenderedChart:
    """What Helm renders from these values.  Raises ValueError when it refuses them; skips without Helm."""
    render = renderer()
    try:
        return RenderedChart(render.render(dict(values)))
    except render.NoHelm:
        pytest.skip("Helm is missing: install the command helm, or the Python package helm-python-sdk")
