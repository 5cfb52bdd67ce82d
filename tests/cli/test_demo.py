"""The demo starts its processes as the command does; what goes wrong there is said at once, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from cli.demo import free_addresses, set_up, stand_ins
from cli.demo_processes import run_processes, wait_until_up
from cli.moved_clock import MovedClock
from connector.errors import ConfigurationError
from connector.settings import Settings


def test_the_demo_comes_up_and_its_processes_end_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the usual variables name a proxy, which reaches nothing on this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    addresses = free_addresses(0)
    settings = Settings(database_url=None, data=tmp_path / "demo", port=addresses.gatepost_port)
    set_up(settings, addresses, "a password for the demo")
    with stand_ins(addresses, MovedClock()), run_processes(settings, addresses, tmp_path / "logs") as processes:
        wait_until_up(processes, addresses)
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{addresses.gatepost}/health/ready", timeout=60).status_code == 200
    assert [process.returncode for process in processes.values()] == [0]


def test_a_process_that_ends_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    addresses = free_addresses(0)
    # A file stands where the data folder should be: the server cannot start.
    data = tmp_path / "demo"
    data.write_text("not a folder")
    settings = Settings(database_url=None, data=data, port=addresses.gatepost_port)
    with (
        pytest.raises(
            ConfigurationError, match=r"The demo's process gatepost ended with \d+; the end of .*gatepost.log"
        ),
        run_processes(settings, addresses, tmp_path / "logs") as processes,
    ):
        wait_until_up(processes, addresses)
