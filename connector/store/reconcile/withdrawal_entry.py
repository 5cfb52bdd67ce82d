"""What the audit holds when somebody takes back a command that they had given."""

from __future__ import annotations

from connector.store.database.json_codec import to_json
from governance.evidence import Command

COMMAND_WITHDRAWN = "command.withdrawn"


def withdrawal_entry(command: Command) -> tuple[str, str, object]:
    """(who, action, detail) for :func:`connector.store.reconcile.command_rows.audit_entries`.

    Only the speaker's own edit or deletion withdraws a command, so the speaker is who acted.
    """
    stage = f" for {command.stage}" if command.stage else ""
    given = f"{command.at:%Y-%m-%d %H:%M} UTC"
    detail = {
        "text": f"{command.person.name} took back /{command.verb.value}{stage} of {given}; it no longer counts.",
        "verb": command.verb.value,
        "stage": command.stage or None,
        "given_at": command.at.isoformat(),
        "person": command.person.id,
        "source": to_json(command.source),
    }
    return command.person.name, COMMAND_WITHDRAWN, detail
