"""Renders the chart with the example values into example.yaml: ``python deploy/helm/render.py``.

The result is for installations without Helm, and for the tests, which therefore need no Helm either.  Its first line
has a digest of all sources, so that a test notices when the chart has changed since.
Uses the command ``helm``, or else the Python package ``helm-python-sdk``.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
CHART, VALUES, RESULT = HERE / "gatepost", HERE / "example-values.yaml", HERE / "example.yaml"
RELEASE = NAMESPACE = "gatepost"


class NoHelm(Exception):
    """Neither the command nor the package is installed."""


def digest() -> str:
    """SHA-256 of values and templates; without schema, notes, rules and dashboard."""
    files = sorted([CHART / "Chart.yaml", CHART / "values.yaml", *(CHART / "templates").glob("*.[yt][ap]*l")])
    digest_ = hashlib.sha256()
    for path in [*files, VALUES]:
        digest_.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest_.hexdigest()


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object of a release with these values, hooks too, sorted by kind and name.  Raises NoHelm or ValueError."""
    text = _by_command(values) if shutil.which("helm") else _by_package(values)
    objects = [each for each in YAML(typ="safe").load_all(text) if each]
    return sorted(objects, key=lambda each: (each["kind"], each["metadata"]["name"]))


def _by_command(values: dict[str, Any]) -> str:
    command = ["helm", "template", RELEASE, str(CHART), "--namespace", NAMESPACE, "--values", "-"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, input=_dumped([values]), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr)
    return done.stdout


def _by_package(values: dict[str, Any]) -> str:
    try:
        package = importlib.import_module("helm_python")
    except ImportError as error:
        raise NoHelm("Install Helm, or: pip install helm-python-sdk") from error
    with package.Chart.load(CHART) as chart:
        try:
            chart.validate_schema(values)
            files = chart.render(values, name=RELEASE, namespace=NAMESPACE)
        except package.HelmError as error:
            raise ValueError(str(error)) from error
    return "\n---\n".join(text for name, text in files.items() if name.endswith(".yaml"))


def _dumped(objects: list[dict[str, Any]]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump_all(objects, stream)
    return stream.getvalue()


def main() -> None:
    values = YAML(typ="safe").load(VALUES)
    try:
        objects = render(values)
    except NoHelm as error:
        sys.exit(str(error))
    head = f"# Made by render.py from the chart and example-values.yaml; digest {digest()}\n"
    RESULT.write_text(head + _dumped(objects))
    sys.stdout.write(f"{RESULT}: {len(objects)} objects\n")


if __name__ == "__main__":
    main()
