"""A command whose database is away says so in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from cli import main


@pytest.mark.parametrize("command", [["doctor"], ["worker"], ["web"], ["db", "upgrade"]], ids=" ".join)
def test_one_sentence_instead_of_the_way_to_it(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Nothing listens at port 1.
    monkeypatch.setenv("DATABASE_URL", "postgresql://gatepost:hidden@127.0.0.1:1/gatepost")
    monkeypatch.setenv("GATEPOST_SECRET_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("GATEPOST_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["gatepost", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("DatabaseAway: The database does not answer as it should (connection failed: ")
    assert "127.0.0.1" in said
    assert said.endswith("). Look at DATABASE_URL and at the server.\n")
    assert "hidden" not in said
