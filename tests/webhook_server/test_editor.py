"""The editor's bundle: in step with its sources, within the page's policy; its sources do what they say."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess

import pytest

from tests.conftest import ROOT

EDITOR = ROOT / "webhook_server/editor"
BUNDLE = ROOT / "webhook_server/static/vendor/editor.min.js"


def test_the_bundle_is_built_from_the_present_sources() -> None:
    names = ["build.js", "package-lock.json", *(f"src/{path.name}" for path in sorted((EDITOR / "src").iterdir()))]
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\n".encode() + (EDITOR / name).read_bytes())
    head = BUNDLE.read_text().partition("\n")[0]
    assert f"from sources {digest.hexdigest()}." in head, "the sources have changed since; run: make editor"


def test_the_bundle_needs_neither_eval_nor_another_host() -> None:
    text = BUNDLE.read_text()
    assert not re.search(r"\beval\(|new Function\(", text)
    assert set(re.findall(r"https?://[\w.-]+", text)) <= {"http://www.w3.org"}


def test_the_lock_file_names_no_address_and_fixes_every_package() -> None:
    lock = json.loads((EDITOR / "package-lock.json").read_text())
    assert all("resolved" not in one for one in lock["packages"].values())
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def test_every_bundled_package_has_its_licence() -> None:
    text = (BUNDLE.parent / "editor.LICENSES.txt").read_text()
    named = re.findall(r"^(@?[\w/-]+) [\d.]+ \((\S+)\)$", text, re.MULTILINE)
    assert {"@codemirror/view", "@codemirror/state", "@lezer/yaml", "style-mod"} <= {name for name, _ in named}
    assert {licence for _, licence in named} == {"MIT"}


def test_the_sources_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the editor's own tests need it")
    done = subprocess.run([node, "--test", str(EDITOR / "test/")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
