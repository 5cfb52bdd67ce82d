"""Commands of ``gatepost`` in deployment files."""

from __future__ import annotations

from collections.abc import Sequence

from cli.commands import ENTRIES
from cli.lazy import load_command


def command_exists(words: Sequence[str]) -> None:
    """``gatepost <words>`` is a command; its arguments are not checked."""
    assert words, "gatepost alone does nothing"
    assert words[0] in ENTRIES, f"there is no: gatepost {words[0]}"
    command: object = load_command(ENTRIES[words[0]])
    for word in words[1:]:
        inner = getattr(command, "commands", None)
        if inner is None:
            return
        if word not in inner and getattr(command, "invoke_without_command", False):
            break
        assert word in inner, f"there is no: gatepost {' '.join(words)}"
        command = inner[word]
    alone = getattr(command, "commands", None) is None or getattr(command, "invoke_without_command", False)
    assert alone, f"another word is missing: gatepost {' '.join(words)}"
