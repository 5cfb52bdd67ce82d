"""Secrets come from a file, the environment or the prompt: no command takes one as an argument."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.secret_input import CREDENTIAL, read_secret
from connector.errors import ConfigurationError
from docs.generator.commands import walk
from tests.command_line import Cli

SECRET_WORDS = ("credential", "secret", "password", "token", "key-file")
NO_SECRETS = {
    "connect jira --token",  # the address of an endpoint
    "user add --no-password",
}


def test_no_option_takes_a_secret_itself() -> None:
    options = {
        f"{name.removeprefix('gatepost ')} {option.opts[0]}"
        for name, command in walk()
        for option in command.params
        if option.param_type_name == "option" and any(word in option.opts[0] for word in SECRET_WORDS)
    }
    assert "connection add --credential-file" in options
    assert "check --token-file" in options
    assert {option for option in options if not option.endswith("-file")} == NO_SECRETS


@pytest.mark.parametrize(
    ("content", "secret"), [("s3cret", "s3cret"), ("s3cret\r\n", "s3cret"), (" spaces count \n", " spaces count ")]
)
def test_a_file_holds_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, secret: str) -> None:
    monkeypatch.setenv(CREDENTIAL, "from the environment")
    file = tmp_path / "credential"
    file.write_bytes(content.encode())
    assert read_secret(file, CREDENTIAL) == secret
    assert read_secret(None, CREDENTIAL) == "from the environment"
    monkeypatch.delenv(CREDENTIAL)
    assert read_secret(None, CREDENTIAL) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "The secret in {} cannot be read: No such file or directory."),
        (b"\xff\xfe", "The secret in {} cannot be read: it is not text."),
        (b"", "{} has to hold one secret, in one line."),
        (b"one\ntwo", "{} has to hold one secret, in one line."),
        (b"x" * 20_000, "{} has to hold one secret, in one line."),
    ],
)
def test_a_file_that_holds_no_secret_says_so(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "credential"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_secret(file, CREDENTIAL)
    assert str(caught.value) == told.format(file)


def test_a_credential_is_read_from_the_standard_input(cli: Cli) -> None:
    words = ("connection", "add", "snow", "--tool", "servicenow", "--url", "https://acme.example", "--user", "bot")
    result = cli.run(*words, "--credential-file", "-", given="piped\n")
    assert result.exit_code == 0, result.output
    assert "Saved snow." in result.output
    assert "piped" not in result.output
