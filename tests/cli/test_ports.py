"""A port that is taken, a second server on a folder, a folder that is not the demo's, a setting that does not hold."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from cli.demo import MARK, chosen_addresses
from cli.instance_lock import address_here, only_server_of, running_server
from cli.ports import guard_port, require_free
from connector.errors import ConfigurationError
from connector.settings import Settings

CHANGE = "Take another one with --port or GATEPOST_PORT."


@pytest.fixture(params=["plain", "shared"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port on which somebody listens; also one that the system would share (SO_REUSEPORT)."""
    with socket.socket() as server:
        if request.param == "shared":
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What ``gatepost`` says when it cannot do something: one line, no traceback."""
    monkeypatch.setattr(sys, "argv", ["gatepost", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0].removeprefix("ConfigurationError: ")


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (("serve", "--port"), CHANGE),
        (("web", "--port"), CHANGE),
        (("sandbox", "--jira-port"), "Take another one with --jira-port."),
        (("demo", "--port"), "Take another one with --port."),
        (("demo", "--servicenow-port"), "Take another one with --servicenow-port."),
    ],
)
def test_a_port_that_is_taken(
    taken: int, words: tuple[str, ...], change: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("GATEPOST_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert said(capsys, monkeypatch, *words, str(taken)) == (
        f"Port {taken} at 127.0.0.1 is in use by another program: stop that one, or take another port. {change}"
    )
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_port_of_gatepost_is_held_before_anybody_listens() -> None:
    """Two servers that start in the same moment: the second one finds the first, not a free port."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    refused = pytest.raises(ConfigurationError, match=f"Port {port} at 127.0.0.1 is in use")
    with guard_port("127.0.0.1", port, CHANGE), refused:
        guard_port("127.0.0.1", port, CHANGE)
    with guard_port("::1", port, CHANGE):
        pass


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("127.0.0.1", 70000, f"70000 is no port: take one from 1 to 65535. {CHANGE}"),
        (
            "192.0.2.1",
            8600,
            "192.0.2.1 is no address of this machine. Give one of its own with --host: 127.0.0.1, ::1, or 0.0.0.0.",
        ),
    ],
)
def test_what_cannot_be_listened_on(host: str, port: int, text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        require_free(host, port, CHANGE)
    assert str(refused.value) == text


def test_the_demo_takes_free_ports_for_what_is_not_asked(taken: int) -> None:
    addresses = chosen_addresses(None, None, None)
    assert len({addresses.gatepost_port, addresses.jira_port, addresses.servicenow_port, taken}) == 4


def test_a_second_server_on_a_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GATEPOST_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert running_server(tmp_path) is None
    with only_server_of(tmp_path, "http://127.0.0.1:8600"):
        assert running_server(tmp_path) == "http://127.0.0.1:8600"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert said(capsys, monkeypatch, "serve", "--port", str(port)) == (
            f"Gatepost runs on the folder {tmp_path} already at http://127.0.0.1:8600. Use that one, stop it, or give "
            "this one a folder of its own with GATEPOST_DATA."
        )
    assert running_server(tmp_path) is None


def test_an_address_for_people_is_that_of_the_server_that_runs(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, port=8600)
    named = Settings(data=tmp_path, public_url="https://gate.acme.example/")
    with only_server_of(tmp_path, "http://127.0.0.1:8700"):
        assert address_here(settings) == "http://127.0.0.1:8700"
        assert address_here(settings, 8800) == "http://127.0.0.1:8800"
        assert address_here(named) == "https://gate.acme.example"
    assert address_here(settings) == "http://127.0.0.1:8600"


def test_the_demo_deletes_no_folder_but_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    assert said(capsys, monkeypatch, "demo", "--data", str(folder)) == (
        f"{folder} is no folder of the demo, which deletes its folder first. Name a new or empty one: --data FOLDER"
    )
    assert [one.name for one in folder.iterdir()] == ["letter.txt"]
    assert MARK.startswith(".")


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        (
            "GATEPOST_PORT",
            "70000",
            "GATEPOST_PORT is 70000; it has to be at most 65535.",
        ),
        (
            "GATEPOST_SWEEP_MINUTES",
            "often",
            "GATEPOST_SWEEP_MINUTES is often; it has to be a whole number.",
        ),
        ("GATEPOST_LOG_FORMAT", "xml", "GATEPOST_LOG_FORMAT is xml; it has to be one of 'json' or 'text'."),
    ],
)
def test_a_setting_out_of_range(
    variable: str, value: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert said(capsys, monkeypatch, "serve") == text


def test_the_version_is_an_option_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for word in ("version", "--version"):
        monkeypatch.setattr(sys, "argv", ["gatepost", word])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code in {0, None}
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != ""
