"""What was known of a measure: written with an assessment that says something else, and read back for a moment.

A version holds good until the next one of its measure.  It is never worked out anew: what a page shows for a day is
what was stored by then, whatever rules and figures came later.  See deploy/adr/0037-what-was-known.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from connector.store.database.bulk_insert import insert_many
from connector.store.database.json_codec import Json, from_json, json_digest
from connector.store.database.tables import EFFECTS_VERSION, VERDICT_VERSION
from governance.effects import EffectLine
from mapping.field_edits import FieldEdit
from mapping.work_item import ConnectionName, NativeId

RECORD = (
    "key", "title", "rule", "portfolio", "program", "project", "package", "business_unit", "legal_entity", "owner",
    "sponsor", "controller", "stage", "tool_stage", "gate", "implementation", "potential", "currency", "plan_net",
    "forecast_net", "actual_net", "variance_net",
)  # fmt: skip
"""Short columns of a measure that a version holds."""

AMOUNTS = frozenset({"plan_net", "forecast_net", "actual_net", "variance_net"})
KEPT_APART = "effects"
"""Of the facts: the lines have a table of their own, because they are long and change seldom."""


def known_digest(row: Mapping[str, Any]) -> str:
    """Of everything that makes another version: the decision, the amounts, the facts, the policy.

    Numbers and reasons of both statuses change every day and are in the history by day; the version of the mapping is
    in the mapping's own history.  ``row`` is one of ``measure``.
    """
    facts = {name: part for name, part in row["facts"].items() if name != KEPT_APART}
    named: list[Json] = [None if (value := row[name]) is None else str(value) for name in RECORD]
    return json_digest([row["verdict_digest"], row["effects_digest"], row["policy_version"], named, facts])


def store_versions(
    transaction: Connection, rows: Sequence[Mapping[str, Any]], edits: Mapping[str, Sequence[FieldEdit]], now: datetime
) -> None:
    """Append a version of each of these rows of ``measure``: one statement for all of them.

    ``edits`` are the changed fields, by measure.
    """
    insert_many(
        transaction,
        VERDICT_VERSION,
        [
            {
                "measure_id": row["id"],
                "known_from": now,
                "record": {name: row[name] for name in RECORD},
                "facts": {name: part for name, part in row["facts"].items() if name != KEPT_APART},
                "edits": edits_to_json(edits.get(row["id"], ())),
                **{name: row[name] for name in _SAME},
            }
            for row in rows
        ],
    )


def edits_to_json(edits: Sequence[FieldEdit]) -> list[Json]:
    """Of a person no more than a page shows, and the account."""
    return [
        {
            "field": edit.field,
            "person": {"id": edit.person.id, "name": edit.person.name} if edit.person else None,
            "feeds": list(edit.feeds),
        }
        for edit in edits
    ]


_SAME = (
    "verdict", "findings", "measure_state", "explanation", "effects_digest", "mapping_version", "policy_version",
)  # fmt: skip


def store_lines(
    transaction: Connection, digests: Mapping[str, str], lines: Sequence[Mapping[str, object]], now: datetime
) -> None:
    """The effect lines of measures whose amounts changed; ``lines`` are rows of ``effect_line``."""
    by_measure: dict[str, list[dict[str, object]]] = {measure: [] for measure in digests}
    for line in lines:
        # What is not booked yet follows from the other lines.
        kept = {name: value for name, value in line.items() if name not in {"measure_id", "is_unbooked"}}
        by_measure[str(line["measure_id"])].append(kept)
    rows = [
        {"measure_id": measure, "digest": digests[measure], "known_from": now, "lines": kept}
        for measure, kept in by_measure.items()
    ]
    insert_many(transaction, EFFECTS_VERSION, rows, "ON CONFLICT DO NOTHING")


def store_removals(
    transaction: Connection, connection: ConnectionName, reasons: Mapping[NativeId, str], now: datetime
) -> None:
    """Append that no rule takes these items any more, where one did; call it before the measures say so."""
    asked = {"connection": connection, "items": list(reasons), "reasons": list(reasons.values()), "now": now}
    transaction.execute(_REMOVE, asked)


# Amounts as text, as an assessment writes them: a number of JSON would be read back as binary.
_RECORD_PAIRS = ", ".join(
    f"'{name}', CAST(m.{name} AS text)" if name in AMOUNTS else f"'{name}', m.{name}" for name in RECORD
)
_REMOVE = text(f"""
    INSERT INTO verdict_version (measure_id, known_from, record, facts, verdict, findings, measure_state, explanation,
                                 effects_digest, mapping_version, policy_version, removed_reason)
    SELECT m.id, :now, jsonb_build_object({_RECORD_PAIRS}),
           m.facts - '{KEPT_APART}', m.verdict, m.findings, m.measure_state, m.explanation, m.effects_digest,
           m.mapping_version, m.policy_version, gone.reason
    FROM unnest(CAST(:items AS text[]), CAST(:reasons AS text[])) AS gone (native_id, reason)
    JOIN measure AS m ON m.connection = :connection AND m.native_id = gone.native_id
    WHERE m.unmapped_since IS NULL
""")  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class KnownMeasure:
    """One measure as it was known at a moment."""

    row: Mapping[str, Any]
    """In the shape of :func:`connector.store.measures.measure_queries.find_measures`."""
    measure_state: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    """Rows of ``effect_line``: the lines that counted."""
    known_from: datetime

    @property
    def effect_lines(self) -> tuple[EffectLine, ...]:
        return tuple(
            from_json(
                EffectLine,
                {
                    **line,
                    "month": str(line["month"])[:7],
                    "money": {"amount": line["amount"], "currency": line["currency"]},
                },
            )
            for line in self.lines
        )


def known_measure(connection: Connection, row: RowMapping, at: datetime) -> KnownMeasure | None:
    """The version of a measure that held good at a moment; ``None`` when Gatepost did not know it yet.

    ``row`` is the present one: of it stay what a version does not hold, the id and the address.
    """
    asked = {"measure": row["id"], "at": at}
    found = connection.execute(_KNOWN, asked).mappings().first()
    if found is None:
        return None
    day = connection.execute(_DAY, asked | {"since": found["known_from"]}).first()
    verdict = dict(found["verdict"])
    if day is not None:
        for status, reason in day.reasons.items():
            if verdict[status]["reason"] != reason:
                # Of that day the reason is known, and not the number that an earlier day had.
                verdict[status] = verdict[status] | {"reason": reason, "number": None}
    facts = found["facts"]
    people = {f"{role}_id": _account(facts, role) for role in ("owner", "sponsor", "controller")}
    lines = tuple(_typed_line(line) for line in found["lines"] or ())
    record = {name: _typed(name, value) for name, value in found["record"].items()}
    known = {
        **row, **record, **people, "facts": {**facts, KEPT_APART: []}, "verdict": verdict,
        "findings": found["findings"], "finding_count": len(found["findings"]), "explanation": found["explanation"],
        "blockers": len(verdict["blockers"]), "gates": verdict, "policy_version": found["policy_version"],
        "mapping_version": found["mapping_then"] or found["mapping_version"], "assessed_at": found["known_from"],
        "unmapped_since": found["known_from"] if found["removed_reason"] is not None else None,
        "unmapped_reason": found["removed_reason"],
    }  # fmt: skip
    if known.get("unreachable_since") is not None and known["unreachable_since"] > at:
        known |= {"unreachable_since": None, "unreachable_reason": None}
    return KnownMeasure(known, found["measure_state"], lines, found["known_from"])


def first_known(connection: Connection, measure: str) -> datetime | None:
    """Since when something is stored of a measure."""
    found: datetime | None = connection.execute(_FIRST, {"measure": measure}).scalar()
    return found


def _account(facts: Mapping[str, Any], role: str) -> str | None:
    person = (facts.get("roles") or {}).get(role)
    return person.get("id") if isinstance(person, Mapping) else None


def _typed(name: str, value: Any) -> Any:
    return Decimal(str(value)) if name in AMOUNTS and value is not None else value


def _typed_line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **line,
        "amount": Decimal(str(line["amount"])),
        "month": datetime.fromisoformat(str(line["month"])).date(),
    }


_KNOWN = text("""
    SELECT v.*, e.lines,
           (SELECT number FROM mapping_version WHERE activated_at <= :at ORDER BY activated_at DESC LIMIT 1)
               AS mapping_then
    FROM verdict_version AS v
    LEFT JOIN effects_version AS e ON e.measure_id = v.measure_id AND e.digest = v.effects_digest
    WHERE v.measure_id = :measure AND v.known_from <= :at ORDER BY v.known_from DESC, v.id DESC LIMIT 1
""")
_DAY = text("""
    SELECT reasons FROM status_day
    WHERE measure_id = :measure AND day <= CAST(CAST(:at AS timestamptz) AT TIME ZONE 'UTC' AS date)
      AND day > CAST(CAST(:since AS timestamptz) AT TIME ZONE 'UTC' AS date)
    ORDER BY day DESC LIMIT 1
""")
_FIRST = text("SELECT min(known_from) FROM verdict_version WHERE measure_id = :measure")
