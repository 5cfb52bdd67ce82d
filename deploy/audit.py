"""What an auditor asks of the sources and of what is shipped: ``make audit``.

Writes the bill of materials of the container as CycloneDX to ``.audit/sbom.cdx.json``, looks for secrets in all files
under version control, and asks for known vulnerabilities of every pinned package.  Ends with 1 when something was found
and with 3 when the vulnerabilities could not be asked for, which needs the internet: unknown is not clean.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / ".audit"
TOOLS = Path(sys.executable).parent
LOCK = ROOT / "deploy/docker/runtime.lock"
BASELINE = ROOT / "deploy/secrets.baseline"
FOUND, NOT_ASKED = 1, 3


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - fixed commands of pinned tools
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def bill_of_materials() -> bool:
    """Whether it was written."""
    file = OUTPUT / "sbom.cdx.json"
    done = run(
        TOOLS / "cyclonedx-py", "requirements", LOCK, "--pyproject", ROOT / "pyproject.toml",
        "--mc-type", "application", "--output-reproducible", "--output-format", "JSON", "--output-file", file,
    )  # fmt: skip
    say(f"Bill of materials: {file.relative_to(ROOT)}" if done.returncode == 0 else done.stderr[-2000:])
    return done.returncode == 0


def secrets() -> bool:
    """Whether there is none that the baseline does not know."""
    files = run("git", "ls-files").stdout.split("\n")
    done = run(TOOLS / "detect-secrets-hook", "--baseline", BASELINE, *filter(None, files))
    say("Secrets: none that the baseline does not know." if done.returncode == 0 else done.stdout + done.stderr)
    return done.returncode == 0


def vulnerabilities() -> bool | None:
    """Whether there is none; ``None`` when that is not known of every package."""
    done = run(
        TOOLS / "pip-audit", "--requirement", LOCK, "--require-hashes", "--disable-pip", "--progress-spinner", "off",
        "--timeout", "15", "--format", "json",
    )  # fmt: skip
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        say(f"Vulnerabilities: NOT asked for; the advisory service cannot be reached from here. {done.stderr[-300:]}")
        return None
    found = [f"{package['name']}: {flaw['id']}" for package in packages for flaw in package.get("vulns", ())]
    # A service that does not know a package reports nothing about it, and pip-audit itself then ends with success.
    unasked = sum("skip_reason" in package for package in packages)
    if found:
        say("Vulnerabilities:\n" + "\n".join(found))
    if unasked:
        say(
            f"Vulnerabilities: NOT known of {unasked} of {len(packages)} packages; the advisory service does not "
            "answer for them from here. Run this where the package index can be reached."
        )
    if not found and not unasked:
        say(f"Vulnerabilities: none known of {len(packages)} packages.")
    return False if found else None if unasked else True


def say(text: str) -> None:
    sys.stdout.write(f"{text.strip()}\n")


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    clean = [bill_of_materials(), secrets()]
    known = vulnerabilities()
    if known is False or not all(clean):
        return FOUND
    return 0 if known else NOT_ASKED


if __name__ == "__main__":
    sys.exit(main())
