"""The page of a pack that a person opens: no script, nothing from another host, every text escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from connector.papers.evidence.anchors_read import KeptAnchors
from connector.papers.evidence.contents import EvidenceContents
from connector.papers.evidence.plain_json import plain
from connector.remedy import Remedy
from connector.store.measures.evidence_rows import AuditText
from governance.money import Money

Cells = Iterable[Sequence[object]]

HOW_TO_CHECK = Remedy(command="Check it without Gatepost's database: gatepost evidence verify FILE")
"""The pack is read where there is no page of Gatepost."""


def evidence_page(contents: EvidenceContents, entries: Sequence[AuditText], anchors: KeptAnchors) -> str:
    """The whole page as HTML."""
    measure = contents.measure
    title = f"Evidence pack: {measure['key']} {measure['title']}".rstrip()
    body = "".join(
        [
            f"<h1>{escape(title)}</h1>",
            _paragraph(f"As known on {contents.as_of}. What came or was corrected later is not in it."),
            _paragraph(HOW_TO_CHECK.command),
            _section("Verdict", _verdict(contents)),
            _section("Facts", _table(("Fact", "Value"), _facts(contents))),
            _section("Figures", _table(("Figure", "Amount"), _figures(contents))),
            _section("Plan, forecast and actual by month", _effects(contents)),
            _section("Plans that were locked", _plans(contents)),
            _section("Commands and rulings", _commands(contents)),
            _section("Decisions of meetings", _meetings(contents)),
            _section("Decisions of assessments", _decisions(contents)),
            _section("Ledger", _ledger(contents)),
            _section("Imported files behind it", _imports(contents)),
            _section("Rules in force", _rules(contents)),
            _section("Audit", _audit(entries, anchors)),
            _section("What is not in the pack", _list(contents.left_out) or _paragraph("Nothing was left out.")),
        ]
    )
    return f"{_HEAD.format(title=escape(title), style=_STYLE)}<body>{body}</body></html>\n"


def _verdict(contents: EvidenceContents) -> str:
    verdict = contents.shown_verdict
    what = f"gate into {verdict.next_stage_label}: {verdict.gate_in_text}" if verdict.next_stage else "no further gate"
    lines = [
        f"Stage {verdict.display_stage or 'none yet'}; {what}.",
        f"Implementation {verdict.implementation.colour.value}: {verdict.implementation.reason}",
        f"Potential {verdict.potential.colour.value}: {verdict.potential.reason}",
    ]
    checks = [(one["outcome"], one.get("expected", ""), one.get("actual", ""), one.get("reason", ""))
              for one in contents.verdict.get("checklist", [])]  # fmt: skip
    return "".join(
        [
            "".join(map(_paragraph, lines)),
            "<h3>Blockers</h3>" + (_list(one.sentence for one in verdict.blockers) or _paragraph("None.")),
            "<h3>Findings</h3>" + (_list(one.sentence for one in verdict.findings) or _paragraph("None.")),
            "<h3>Conditions of the gate</h3>" + _table(("Outcome", "Expected", "Found", "Reason"), checks),
        ]
    )


def _facts(contents: EvidenceContents) -> Cells:
    row = contents.row
    for name in _ROW_FACTS:
        yield name.replace("_", " "), row.get(name)
    for name, value in contents.facts.items():
        yield name.replace("_", " "), value


_ROW_FACTS = (
    "url", "portfolio", "program", "project", "package", "legal_entity", "business_unit", "owner", "sponsor",
    "controller", "tool_stage",
)  # fmt: skip


def _figures(contents: EvidenceContents) -> Cells:
    figures = contents.shown_verdict.figures
    for name in _FIGURES:
        value = getattr(figures, name)
        if value is not None:
            yield name.replace("_", " "), f"{value.amount:f} {value.currency}" if isinstance(value, Money) else value


_FIGURES = (
    "plan", "forecast", "actual", "at_completion", "claimed", "validated", "unvalidated", "variance",
    "variance_percent", "original_plan", "variance_to_original", "npv", "payback_months",
)  # fmt: skip


def _effects(contents: EvidenceContents) -> str:
    names = ("version", "month", "kind", "account", "amount", "currency")
    return _rows(names, contents.details.effect_lines)


def _plans(contents: EvidenceContents) -> str:
    return _rows(
        ("number", "locked_at", "reason", "approved_by"), [one._asdict() for one in contents.details.plan_versions]
    )


def _commands(contents: EvidenceContents) -> str:
    cells = []
    for one in contents.commands:
        content = one["content"] or {}
        ruling = content.get("ruling") or {}
        said = " ".join(str(content[name]) for name in ("verb", "stage", "text") if content.get(name)) or one["verb"]
        cells.append((one["given_at"], one["person"], one["role"], said,
                      "accepted" if one["accepted"] else "refused", ruling.get("reply", "")))  # fmt: skip
    return _table(("Given", "By", "As", "Command", "Ruling", "Reply"), cells)


def _meetings(contents: EvidenceContents) -> str:
    return _rows(("met_on", "minutes", "command", "entered_by", "entered_at", "given_by", "given_at"),
                 contents.meeting_decisions)  # fmt: skip


def _decisions(contents: EvidenceContents) -> str:
    names = ("id", "decided_at", "stage", "gate", "mapping_version", "policy_version", "digest")
    return _rows(names, contents.decisions)


def _ledger(contents: EvidenceContents) -> str:
    names = (
        "id", "version", "kind", "month", "amount", "currency", "type", "corrects", "reason", "batch", "entered_by",
        "entered_at",
    )  # fmt: skip
    return _rows(names, contents.ledger)


def _imports(contents: EvidenceContents) -> str:
    cells = []
    for one in contents.imports:
        name = f'<a href="{escape(one.stored_as)}">{escape(one.row["file"])}</a>' if one.stored_as else None
        file = _Markup(name) if name else one.row["file"]
        cells.append((one.row["id"], file, one.row["sha256"], one.row["as_of"], one.row["imported_by"],
                      one.row["imported_at"], one.row["taken_back_at"]))  # fmt: skip
    return _table(("Import", "File", "SHA-256", "As of", "By", "At", "Taken back"), cells)


def _rules(contents: EvidenceContents) -> str:
    mapping = contents.mapping
    if mapping is None:
        return _paragraph("No mapping was in force.")
    return _table(
        ("Rule", "Value"),
        [
            ("mapping version", mapping.number), ("mapping digest", mapping.digest), ("author", mapping.author),
            ("activated", mapping.activated_at), ("policy version", contents.shown_verdict.policy_version),
        ],
    )  # fmt: skip


def _audit(entries: Sequence[AuditText], anchors: KeptAnchors) -> str:
    cells = []
    for one in entries:
        seq, _, at, actor, action, _, detail, *_ = json.loads(one.content)
        text = (detail.get("ruling") or {}).get("reply") if isinstance(detail.get("ruling"), dict) else None
        cells.append((seq, at, actor, action, text or detail.get("text") or detail, one.hash))
    kept = [(one.sink, one.number, one.seq) for one in anchors.anchors]
    return _table(("Entry", "At", "By", "Action", "Content", "Hash"), cells) + (
        "<h3>Anchors outside of the database</h3>" + _table(("Kept in", "Anchor", "Names entry"), kept)
    )


class _Markup(str):
    """What is HTML already."""

    __slots__ = ()


def _rows(names: Sequence[str], found: Sequence[Mapping[Any, Any]]) -> str:
    return _table([one.replace("_", " ").capitalize() for one in names], [[row[one] for one in names] for row in found])


def _table(head: Sequence[str], found: Cells) -> str:
    body = "".join("<tr>" + "".join(f"<td>{_cell(one)}</td>" for one in row) + "</tr>" for row in found)
    if not body:
        return _paragraph("None.")
    top = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, _Markup):
        return value
    if value is None:
        return "–"
    shown = plain(value)
    return escape(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _list(texts: Iterable[str]) -> str:
    lines = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{lines}</ul>" if lines else ""


_HEAD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{title}</title><style>{style}</style></head>"
)
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2733}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #c8d0d8}h3{font-size:1rem}"
    "table{border-collapse:collapse;font-size:.85rem}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;"
    "border-bottom:1px solid #e2e7ec;overflow-wrap:anywhere;max-width:32rem}.wide{overflow-x:auto}"
    "@media print{body{margin:0;max-width:none}section{break-inside:auto}}"
)
