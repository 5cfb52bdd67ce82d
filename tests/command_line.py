"""The command line, called as an administrator would."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from cli import app
from connector.errors import ConfigurationError, GatepostError


class Cli:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def run(self, *words: str, given: str = "", **more: str) -> Result:
        """``given`` is what the standard input holds."""
        return CliRunner().invoke(app, list(words), env=self.environment | more, input=given)

    def ok(self, *words: str, **more: str) -> str:
        result = self.run(*words, **more)
        assert result.exit_code == 0, result.output or repr(result.exception)
        return str(result.output)

    def refused(self, *words: str, **more: str) -> str:
        """The message of a command that could not be carried out, with what to do."""
        result = self.run(*words, **more)
        assert isinstance(result.exception, ConfigurationError), result.output
        return told(result)


def told(result: Result) -> str:
    """What the command line prints of the error that ended a command."""
    error = result.exception
    return error.at_terminal if isinstance(error, GatepostError) else str(error or "")
