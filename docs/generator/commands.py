"""The reference page of commands, from the command line application itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.commands import COMMANDS
from cli.lazy import load_command
from docs.generator.tables import code, marked, table

INTRODUCTION = """\
# Commands

`gatepost COMMAND --help` prints the same. A command that could not be carried out ends with exit status 2 and says what
to do; one that found something wrong ends with 1. Every command reads the same [settings](settings.md) as the servers.

"""


def page() -> str:
    commands = list(walk())
    overview = table(
        ("command", "does"), ((f"[`{name}`](#{anchor(name)})", about(command)) for name, command in commands)
    )
    return INTRODUCTION + overview + "".join(f"\n{_section(name, command)}" for name, command in commands)


def walk() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name, in the order of ``gatepost --help``."""
    for entry in COMMANDS:
        yield from _walk(f"gatepost {entry.name}", load_command(entry))


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # typer's own commands have no public types
    inner = getattr(command, "commands", None)
    if inner is None or getattr(command, "invoke_without_command", False):
        yield name, command
    for word, below in (inner or {}).items():
        if not below.hidden:
            yield from _walk(f"{name} {word}", below)


def anchor(name: str) -> str:
    return name.replace(" ", "-")


def about(command: Any) -> str:
    return marked(" ".join((command.help or "").split("\n\n")[0].split()))


def _section(name: str, command: Any) -> str:
    # A command's name ends before its arguments; these are written in capitals, as in the usage line of --help.
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = " ".join([name, *("[OPTIONS]" for _ in options[:1]), *map(_argument, arguments)])
    text = marked(command.help or "").strip()
    rows = [(code(_argument(one)), getattr(one, "help", "") or "", "") for one in arguments]
    rows += [(_spelling(one), one.help or "", _default(one)) for one in options]
    parameters = f"\n{table(('argument or option', 'meaning', 'default'), rows)}" if rows else ""
    return f"## {name}\n\n{text}\n\n```text\n{usage}\n```\n{parameters}"


def _argument(parameter: Any) -> str:
    word = (parameter.metavar or parameter.name).strip("[]").upper()
    word += "…" if parameter.nargs == -1 else ""
    return word if parameter.required else f"[{word}]"


def _spelling(option: Any) -> str:
    both = ", ".join(map(code, (*option.opts, *option.secondary_opts)))
    return f"{both} (needed)" if option.required else both


def _default(option: Any) -> str:
    value = option.default
    if callable(value) or value in (None, "", (), [], False):
        return ""
    return code(
        str(getattr(value, "value", value)).lower() if isinstance(value, bool) else str(getattr(value, "value", value))
    )
