"""Renders the chart with the example values into example.yaml: ``python deploy/helm/render.py``.

The result is for whoever installs without Helm, and for the tests, which therefore need no Helm either.  Its first line
holds a digest of everything that it was made from, so that a test notices when the chart has gone on without it.
Uses the command ``helm``, or the Python package ``helm-python-sdk``, whichever is there.
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
    """Neither the command nor the package is there."""


def digest() -> str:
    """Of the values and of what is rendered with them; the schema, the notes, rules and dashboard are not."""
    files = sorted([CHART / "Chart.yaml", CHART / "values.yaml", *(CHART / "templates").glob("*.[yt][ap]*l")])
    made = hashlib.sha256()
    for path in [*files, VALUES]:
        made.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object that a release with these values has, hooks too, by kind and name.  Raises NoHelm."""
    written = _by_command(values) if shutil.which("helm") else _by_package(values)
    found = [one for one in YAML(typ="safe").load_all(written) if one]
    return sorted(found, key=lambda one: (one["kind"], one["metadata"]["name"]))


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
            written = chart.render(values, name=RELEASE, namespace=NAMESPACE)
        except package.HelmError as error:
            raise ValueError(str(error)) from error
    return "\n---\n".join(text for name, text in written.items() if name.endswith(".yaml"))


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
