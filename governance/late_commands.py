"""Whether an approval was given for the facts of now: it binds to the facts of the moment when it was given.

A command is read later than it is given: a second later as a rule, a day later after an outage or a restore.  Whoever
changes the facts in between must not get them approved by words that were said about others.
See ``deploy/adr/0020-an-approval-binds-to-the-facts-of-its-moment.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from governance.evidence import Command, CommandOrigin, Verb
from governance.facts import Fact
from governance.fingerprint import FactGroup, fingerprint, readable_part
from governance.measure import Measure
from governance.measure_state import FactsSeen
from governance.signature import typed_months
from governance.time_text import moment_text


def late_reason(
    command: Command,
    groups: Iterable[FactGroup],
    measure: Measure,
    facts_seen: Mapping[str, FactsSeen],
    facts_changed: Fact[datetime],
) -> str:
    """Why it is not known that the facts were the same when the command was given; empty when it is known.

    They were when the last assessment had read the same facts by then, or when the tool shows that nothing was
    changed afterwards.  On a page people see what the last assessment read, whatever the tool holds.
    """
    if command.source.origin is CommandOrigin.TRIAL:
        return ""
    on_page = command.source.origin is CommandOrigin.PAGE
    unchanged = not on_page and isinstance(facts_changed, datetime) and facts_changed <= command.at
    for group in sorted(groups):
        now, seen = fingerprint(measure, group), facts_seen.get(group.value)
        held = seen is not None and seen.since <= command.at
        if unchanged or (held and seen is not None and seen.fingerprint == now):
            continue
        return _reason(command, group, readable_part(seen.fingerprint) if held and seen else "", readable_part(now))
    return ""


def _reason(command: Command, group: FactGroup, before: str, now: str) -> str:
    when = f"{moment_text(command.at)} UTC"
    if not before:
        why = f"it is not known which {group.label} held on {when}, because it was read only afterwards"
    elif before == now:
        why = f"parts of the {group.label} ({now}) were changed, and it is not known that this was before {when}"
    else:
        why = f"the {group.label} was changed ({before} before, {now} now), and not provably before {when}"
    return f"Not counted: {why}. Look at it as it is now, and say it again: {again(command)}"


def again(command: Command) -> str:
    """The command as it would be written once more."""
    if command.verb is Verb.APPROVE:
        return f"/approve {command.stage}"
    amount = f"{command.amount.amount.normalize():f} {command.amount.currency}" if command.amount else "AMOUNT CURRENCY"
    line = f" line={command.pl_line}" if command.pl_line else ""
    text = f" {command.text}" if command.verb is Verb.CONFIRM_LOWER else ""
    months = typed_months(command.first_month or command.month, command.month) if command.month else "MONTH"
    return f"/{command.verb.value} {amount} {months}{line}{text}"


def facts_seen(measure: Measure, before: Mapping[str, FactsSeen], read_at: datetime) -> dict[str, FactsSeen]:
    """The facts as they are now, with the moment since when they have been read so."""
    seen = {}
    for group in FactGroup:
        now, then = fingerprint(measure, group), before.get(group.value)
        seen[group.value] = then if then is not None and then.fingerprint == now else FactsSeen(now, read_at)
    return seen
