"""What is installed is what was tested: images by digest, packages by hash, the audit's own tools as well."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ROOT

DIGEST = r"@sha256:[0-9a-f]{64}$"
GUIDES = sorted(
    file
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md", "deploy/docker/Dockerfile")
    for file in ROOT.glob(pattern)
    if "node_modules" not in file.parts
)


def test_every_image_is_pinned_by_its_digest() -> None:
    container = (ROOT / "deploy/docker/Dockerfile").read_text()
    started_from = set(re.findall(r"^FROM (\S+)", container, re.MULTILINE))
    assert started_from == {"${PYTHON}"}
    images = re.findall(r"^ARG PYTHON=(\S+)$", container, re.MULTILINE)
    images += re.findall(r"^\s+image: ([^$\s]\S*)$", (ROOT / "deploy/compose.yaml").read_text(), re.MULTILINE)
    assert len(images) == 3
    assert [image for image in images if not re.search(DIGEST, image)] == []
    # A name with a dot or a port before its first slash would be that of a registry.
    assert [image for image in images if re.search(r"[.:]", image.partition("/")[0]) and "/" in image] == []


def test_the_chart_may_pin_its_image_by_digest() -> None:
    assert '@%s" $name .Values.image.digest' in (ROOT / "deploy/helm/gatepost/templates/_helpers.tpl").read_text()


def test_every_guide_installs_with_hashes() -> None:
    loose = [
        (file.relative_to(ROOT).as_posix(), line.strip())
        for file in GUIDES
        for line in file.read_text().splitlines()
        # An entry of troubleshooting.md repeats what the program says; a first look brings its own PostgreSQL.
        if re.search(r"\bpip install\b", line)
        and not re.search(r"--require-hashes|--no-deps|^\| `|(gatepost|\.)\[embedded\]", line)
    ]
    assert loose == []


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "deploy/docker/runtime.lock", "deploy/docker/build.lock", "deploy/audit.lock"]
)
def test_every_lock_has_a_hash_for_every_package(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_audit_uses_pinned_tools() -> None:
    target = (ROOT / "Makefile").read_text().partition("\naudit:")[2].partition("\n\n")[0]
    assert "--require-hashes -r deploy/audit.lock" in target
    pinned = (ROOT / "deploy/audit.lock").read_text()
    assert all(
        re.search(rf"^{name}==", pinned, re.MULTILINE) for name in ("pip-audit", "cyclonedx-bom", "detect-secrets")
    )


def test_the_baseline_of_secrets_names_files_that_exist() -> None:
    """A place that has gone would let a new secret stand there unnoticed."""
    known = json.loads((ROOT / "deploy/secrets.baseline").read_text())["results"]
    assert [file for file in known if not (ROOT / file).exists()] == []
