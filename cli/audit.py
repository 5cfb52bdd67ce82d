"""``gatepost audit``: who decided what, when, from which evidence; and the check that nothing was changed."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from cli.report import find_measures
from connector.bootstrap import bootstrap
from connector.settings import Settings
from connector.store.database.audit import AuditEntry
from connector.store.database.json_codec import to_json
from governance.verdict import gate_text

app = typer.Typer(help="The record of decisions: write-once, a chain of hashes.", no_args_is_help=True)


class Form(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


@app.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="A head that was recorded earlier: it has to be in the chain")
    ] = None,
) -> None:
    """Check that nothing was changed or removed.  Exit status 1 when something was."""
    with bootstrap(Settings(), application="gatepost audit") as services:
        result = services.audit.verify()
        head_missing = head is not None and head not in {"", *(entry.hash for entry in services.audit.entries())}
    for chain_break in result.breaks:
        typer.echo(chain_break.text)
    if head_missing:
        typer.echo(f"the head {head} is not in the chain: entries were changed or removed")
    if result.role_missing:
        typer.echo(
            "Note: there is no separate database role; only triggers protect the rows. Ask the database administrator "
            "for: CREATE ROLE gatepost_app NOLOGIN; GRANT gatepost_app TO <the login>; then run gatepost db upgrade."
        )
    if result.breaks or head_missing:
        count = len(result.breaks) + head_missing
        typer.echo(f"{count} {'problem' if count == 1 else 'problems'} in {result.entries} entries")
        raise typer.Exit(1)
    typer.echo(f"{result.entries} entries and {result.decisions} decisions are as they were written.")
    typer.echo(f"Head: {result.head or 'empty'}")


@app.command()
def show(measure: Annotated[str, typer.Argument(help="Key of the item, or id of the measure")]) -> None:
    """Print everything that was decided about a measure, oldest first."""
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost audit") as services:
        for found in find_measures(services, measure):
            console.print(f"{found.key} {found.title or ''}".rstrip(), markup=False, style="bold")
            for entry in services.audit.entries(found.id):
                console.print(_line(entry), markup=False)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output by default")] = None,
    form: Annotated[Form, typer.Option("--format", help="One JSON object a line, or CSV")] = Form.JSONL,
) -> None:
    """Write the whole record out, with the hashes that link it."""
    with bootstrap(Settings(), application="gatepost audit") as services:
        entries = services.audit.entries()
        if file is None:
            _write(sys.stdout, entries, form)
        else:
            with file.open("w", encoding="utf-8", newline="") as target:
                count = _write(target, entries, form)
            typer.echo(f"{count} entries written to {file}")


def _line(entry: AuditEntry) -> str:
    versions = f" · mapping {entry.mapping_version} · {entry.policy_version}" if entry.mapping_version else ""
    detail = entry.detail
    ruling = detail.get("ruling")
    if entry.action == "measure.assessed":
        stage = detail.get("stage") or "none yet"
        text: object = (
            f"gate {gate_text(detail.get('gate'))}, stage {stage} (decision {str(detail.get('digest'))[:12]})"
        )
    elif isinstance(ruling, dict):
        text = ruling.get("reply")
    else:
        text = detail.get("text") or json.dumps(detail, ensure_ascii=False)
    return f"{entry.seq:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}: {text}{versions}"


def _write(target: TextIO, entries: Iterable[AuditEntry], form: Form) -> int:
    count = 0
    names = [item.name for item in fields(AuditEntry)]
    table = csv.writer(target)
    if form is Form.CSV:
        table.writerow(names)
    for entry in entries:
        count += 1
        row = {name: to_json(getattr(entry, name)) for name in names}
        if form is Form.CSV:
            table.writerow([_cell(row[name]) for name in names])
        else:
            target.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def _cell(value: object) -> object:
    """A cell that no spreadsheet interprets as a formula; https://owasp.org/www-community/attacks/CSV_Injection"""
    text = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else "" if value is None else str(value)
    )
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
