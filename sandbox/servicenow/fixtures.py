"""Fills an instance with real samples: each file of a folder becomes rows of its table, or is classified otherwise.

A missing table is created, with the columns of its sample.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.state import ServiceNowState


class SampleKind(Enum):
    RECORDS = "records of the Table API"
    ERROR = "error envelope"
    BATCH = "answer of a batch"
    AGGREGATE = "figures of the Aggregate API"
    IMPORT_SET = "answer of an Import Set"
    OTHER_API = "answer of another API"
    NO_ANSWER = "no answer of ServiceNow"


@dataclass(frozen=True, slots=True)
class ImportedSample:
    path: Path
    kind: SampleKind
    table: str = ""
    rows: int = 0
    reason: str = ""
    """Why nothing was imported."""


PREFIXES = {
    "INC": "incident", "CHG": "change_request", "CTASK": "change_task", "PRB": "problem", "PTASK": "problem_task",
    "SCTASK": "sc_task", "REQ": "sc_request", "CS": "sn_customerservice_case", "KB": "kb_knowledge",
    "PRJ": "pm_project", "DMND": "dmn_demand", "TASK": "task", "LEAD": "sn_lead", "VIT": "sn_vul_vulnerable_item",
}  # fmt: skip
TABLE_SIGNS: Sequence[tuple[frozenset[str], str]] = tuple(
    (frozenset(names.split()), table)
    for names, table in (
        ("role user.name", "sys_user_has_role"),
        ("table_sys_id file_name", "sys_attachment"),
        ("size_bytes file_name", "sys_attachment"),
        ("element value sys_created_by", "sys_journal_field"),
        ("user fieldname oldvalue", "sys_audit"),
        ("when action_insert", "sys_script"),
        ("collection when script", "sys_script"),
        ("script api_name", "sys_script_include"),
        ("message source level", "syslog"),
        ("covers_type covers_name", "sys_test"),
        ("activity started", "wf_executing"),
        ("name activity_definition x", "wf_activity"),
        ("workflow_version activity_definition", "wf_activity"),
        ("workflow version published", "wf_workflow_version"),
        ("name table published checked_out", "wf_workflow_version"),
        ("kb_knowledge_base label", "kb_category"),
        ("kb_knowledge_base short_description", "kb_knowledge"),
        ("kb_managers owner", "kb_knowledge_base"),
        ("text kb_category", "kb_knowledge"),
        ("name question_text", "item_option_new"),
        ("name type question_text", "item_option_new"),
        ("name price category", "sc_cat_item"),
        ("user_name name active", "sys_user"),
        ("name email sys_updated_on", "sys_user"),
        ("last_login_time calendar_integration", "customer_contact"),
        ("stock_symbol banner_image_light", "customer_account"),
        ("os_service_pack cpu_manufacturer", "cmdb_ci_server"),
    )
)
"""Columns that give a table away where neither a class nor a number does."""
OTHER_SIGNS: Sequence[tuple[frozenset[str], SampleKind, str]] = (
    (
        frozenset({"serviced_requests"}),
        SampleKind.BATCH,
        "the answer of a batch holds other answers, and no record of its own",
    ),
    (
        frozenset({"import_set"}),
        SampleKind.IMPORT_SET,
        "an Import Set tells what became of rows, and not what is in them",
    ),
    (
        frozenset({"transform_map"}),
        SampleKind.IMPORT_SET,
        "an Import Set tells what became of rows, and not what is in them",
    ),
    (frozenset({"stats", "groupby_fields"}), SampleKind.AGGREGATE, "figures over rows are no rows"),
    (frozenset({"stats"}), SampleKind.AGGREGATE, "figures over rows are no rows"),
)
_LINK = re.compile(r"/api/now/(?:v\d/)?table/([a-z0-9_]+)/")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
Row = Mapping[str, object]


def import_fixtures(state: ServiceNowState, folder: Path) -> list[ImportedSample]:
    """Import every file under a folder, in the order of their paths."""
    return [_import(state, folder, path) for path in sorted(folder.rglob("*.json"))]


def _import(state: ServiceNowState, folder: Path, path: Path) -> ImportedSample:
    where = path.relative_to(folder)
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return ImportedSample(where, SampleKind.NO_ANSWER, reason="it is no JSON")
    other = _other(body) if isinstance(body, dict) else None
    if other is not None:
        return ImportedSample(where, other[0], reason=other[1])
    every = list(_rows(body))
    rows = [row for row in every if "__error" not in row]
    if every and not rows:
        return ImportedSample(where, SampleKind.ERROR, reason="its records were refused")
    if not rows:
        return ImportedSample(where, SampleKind.NO_ANSWER, reason="there is no record in it")
    records = [(table, row) for row in rows if (table := _table(row, where))]
    if not records:
        return ImportedSample(where, SampleKind.OTHER_API, reason="its objects carry no sys_id of a record")
    for table, row in records:
        _add(state, table, row)
    return ImportedSample(where, SampleKind.RECORDS, records[0][0], len(records))


def _other(body: Row) -> tuple[SampleKind, str] | None:
    """What an answer is that holds no records, and why that is so."""
    if isinstance(body.get("stats"), str):
        return SampleKind.NO_ANSWER, "it holds addresses of APIs, as a client's tests name them"
    result = body.get("result")
    answer = result if isinstance(result, dict) else body
    for names, kind, reason in OTHER_SIGNS:
        if names <= set(body) or names <= set(answer):
            return kind, reason
    if isinstance(body.get("error"), dict) and result is None:
        return SampleKind.ERROR, "an error has no record"
    return None


def _rows(body: object) -> Iterator[Row]:
    if isinstance(body, list):
        for one in body:
            yield from _rows(one)
    elif isinstance(body, dict):
        inner = next((body[name] for name in ("result", "records") if isinstance(body.get(name), dict | list)), None)
        if inner is not None:
            yield from _rows(inner)
        else:
            yield body


def _table(row: Row, where: Path) -> str:
    """The table of a record, or nothing when this is no record."""
    named = _text(row.get("sys_class_name"))
    if _NAME.fullmatch(named):
        return named
    number = re.match(r"[A-Z]+", _text(row.get("number")))
    if number and number[0] in PREFIXES:
        return PREFIXES[number[0]]
    names = set(row)
    found = next((table for sign, table in TABLE_SIGNS if sign <= names), "")
    if found:
        return found
    own = _LINK.search(_text(row.get("link"))) or _LINK.search(_text(row.get("record_link")))
    if own:
        return own[1]
    # What remains of records is staged under the name of the page that shows it.
    stem = re.sub(r"[^a-z0-9]+", "_", where.name.partition(".")[0].casefold()).strip("_")
    return f"imp_{stem}" if "sys_id" in names or "number" in names else ""


def _add(state: ServiceNowState, table: str, row: Row) -> None:
    values = {name: _text(value) for name, value in row.items() if _NAME.fullmatch(name)}
    if table not in state.columns:
        parent = "task" if {"number", "short_description", "state"} <= set(values) else ""
        state.add_table(Table(table, table, parent=parent, shown_by="number" if "number" in values else "name"))
    known = state.columns[table]
    for name, value in values.items():
        target = _reference(row[name])
        if name not in known or (target and not known[name].reference):
            length = max(255, len(value))
            kind = "reference" if target else "string"
            state.add_column(table, Column(name, name, kind, length, reference=target))
    state.load(table, values)


def _reference(value: object) -> str:
    link = _LINK.search(_text(value.get("link"))) if isinstance(value, dict) else None
    return link[1] if link else ""


def _text(value: object) -> str:
    """The stored value in any of the forms that are met: plain, with a link, with a display value, typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        if "link" in value and "value" not in value and "display_value" not in value:
            return str(value["link"])
        return _text(next((value[name] for name in ("value", "sys_id", "display_value") if name in value), ""))
    if isinstance(value, list):
        return ",".join(_text(one) for one in value)
    return "" if value is None else str(value)
