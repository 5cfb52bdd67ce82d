"""Renews the digest of every image that the deployment files start from.

A tag may be another image tomorrow; a digest is one image.  Run it to take in the newer base images, then look at what
changed and build: ``make images``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent.parent
FILES = (DEPLOY / "docker/Dockerfile", DEPLOY / "compose.yaml")
PINNED = re.compile(r"(?P<image>[a-z0-9./-]+:[A-Za-z0-9._-]+)@(?P<digest>sha256:[0-9a-f]{64})")


def newest(image: str) -> str:
    """The digest that the registry gives for a tag now, of all platforms together."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - names from our own files
    digest = done.stdout.strip()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        sys.exit(f"The digest of {image} cannot be read; nothing was changed for it. {done.stderr.strip()[-300:]}")
    return digest


def main() -> None:
    for file in FILES:
        text = file.read_text()
        for found in PINNED.finditer(text):
            digest = newest(found["image"])
            if digest != found["digest"]:
                sys.stdout.write(f"{file.name}: {found['image']} is now {digest}\n")
                text = text.replace(f"{found['image']}@{found['digest']}", f"{found['image']}@{digest}")
        file.write_text(text)


if __name__ == "__main__":
    main()
