"""Secrets that a command needs: from a file, the environment or the prompt, never from an argument.

The arguments of a process can be read by everybody on the machine, and stay in the history of the shell.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from connector.errors import ConfigurationError

CREDENTIAL = "GATEPOST_CREDENTIAL"
CLIENT_SECRET = "GATEPOST_CLIENT_SECRET"  # noqa: S105 - the name of a variable
WEBHOOK_SECRET = "GATEPOST_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
TOKEN = "GATEPOST_TOKEN"  # noqa: S105 - the name of a variable

CredentialFile = Annotated[
    Path | None,
    typer.Option(help=f"File with the token, password or API key; {CREDENTIAL} by default, else asked for"),
]
ClientSecretFile = Annotated[
    Path | None, typer.Option(help=f"OAuth: file with the app's client secret; {CLIENT_SECRET} by default")
]
WebhookSecretFile = Annotated[
    Path | None, typer.Option(help=f"File with the secret that signs events; {WEBHOOK_SECRET} by default")
]
TokenFile = Annotated[Path | None, typer.Option(help=f"File with an API token that may read it; {TOKEN} by default")]

LONGEST_SECRET = 10_000
"""Characters; a larger file is another one than was meant."""


def read_secret(file: Path | None, variable: str, *, prompt: str = "") -> str | None:
    """The secret in a file (``-`` for the standard input), else in a variable, else asked for if there is a prompt.

    Raises ConfigurationError when the file cannot be read or holds no secret.
    """
    if file is not None:
        return _from_file(file)
    return os.environ.get(variable) or (typer.prompt(prompt, hide_input=True) if prompt else None)


def _from_file(file: Path) -> str:
    try:
        if str(file) == "-":
            text = sys.stdin.read(LONGEST_SECRET + 1)
        else:
            with file.open(encoding="utf-8") as source:
                text = source.read(LONGEST_SECRET + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(f"The secret in {file} cannot be read: {why}.") from None
    text = text.rstrip("\r\n")
    if not text or len(text) > LONGEST_SECRET or "\n" in text:
        raise ConfigurationError(f"{file} has to hold one secret, in one line.")
    return text
