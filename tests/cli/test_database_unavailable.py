"""A command whose database is not available says so in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from cli import main


@pytest.mark.parametrize("command", [["doctor"], ["worker"], ["web"], ["db", "upgrade"]], ids=" ".join)
def test_a_database_that_is_not_available_is_one_sentence_and_no_traceback(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # Nothing listens at port 1.
    monkeypatch.setenv("DATABASE_URL", "postgresql://gatepost:hidden@127.0.0.1:1/gatepost")
    monkeypatch.setenv("GATEPOST_SECRET_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("GATEPOST_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["gatepost", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert message.startswith("DatabaseUnavailable: The database is not available (connection failed: ")
    assert "127.0.0.1" in message
    assert message.endswith("). Check DATABASE_URL and the database server.\n")
    assert "hidden" not in message
