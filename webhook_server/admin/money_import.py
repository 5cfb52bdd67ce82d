"""``/money/import``: a file of money is shown first and then confirmed; what waits in quarantine; and the way back."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from secrets import token_urlsafe

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from connector.bootstrap import system_clock
from connector.finance.files.limits import FileRefused
from connector.finance.given_file import given_file, proposed_bill_rules
from connector.finance.import_plan import ImportPlan
from connector.finance.import_text import import_lines, quarantine_rows, total_rows
from connector.finance.money_import import GivenFile, MoneyImports, NotDecided
from connector.finance.propose_profile import propose_profile
from connector.store.database.reading import reading
from connector.store.ledger.bills import read_bills
from connector.store.ledger.import_progress import ProgressWriter, read_progress
from connector.store.ledger.imports import read_imports, read_profile, read_profiles, read_waiting_file, wait_for_answer
from connector.store.ledger.measure_names import measures_by_name
from connector.store.ledger.money_sources import read_sources
from connector.store.ledger.quarantine import open_quarantine
from mapping.imports.given_profiles import GIVEN_PROFILES
from mapping.imports.profile import ProfileProblem, profile_yaml
from webhook_server.admin.person_filter import asked_person
from webhook_server.auth import current_viewer
from webhook_server.auth import services as current_services
from webhook_server.first_lines.money import quarantine_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

SHOWN = 100


def import_page() -> str:
    """The form, what waits, and what was imported."""
    return _page()


def preview_import() -> ResponseReturnValue:
    """Show what a file would change; it is kept for the answer, for a day."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None else b""
    name = secure_filename(upload.filename or "") if upload is not None else ""
    if not content or not name:
        return _page("Choose a file first."), 422
    source = request.form.get("profile_text", "").strip() or _stored(request.form.get("profile", ""))
    unsure: list[str] = []
    try:
        if not source and (rules := proposed_bill_rules(name, content)) is not None:
            source, unsure = rules, ["Where the charges of the bill go: no rule says so yet."]
        if not source:
            found = propose_profile(name, content, "proposed")
            if isinstance(found, str):
                return _page(found), 422
            source, unsure = profile_yaml(found.profile), found.unsure
        given = _given(name, content, source)
        plan = _imports().dry_run(given, _progress())
    except (FileRefused, ProfileProblem) as error:
        return _page(page_text(error), source), 422
    with current_services().engine.begin() as transaction:
        sha256 = wait_for_answer(transaction, name, content, given.at)
    return _shown(plan, given, sha256, unsure)


def confirm_import() -> ResponseReturnValue:
    """Import what was shown, when it would still change the same."""
    with reading(current_services().engine) as connection:
        content = read_waiting_file(connection, request.form.get("sha256", "")[:64])
    if content is None:
        return _page("The file was shown more than a day ago. Choose it again."), 409
    try:
        given = _given(secure_filename(request.form.get("name", "")) or "file", content, request.form.get("source", ""))
        result = _imports().run(given, confirmed=request.form.get("digest", ""), progress=_progress())
    except (FileRefused, ProfileProblem, NotDecided) as error:
        return _page(page_text(error)), 409
    if not result.number:
        return _page("Nothing changes."), 409
    flash(f"{given.name} is imported, as import {result.number}.", "good")
    return redirect(url_for("money.import_page"), 303)


def import_progress() -> ResponseReturnValue:
    """How far the viewer's own import has come; nothing before it has begun."""
    with reading(current_services().engine) as connection:
        found = read_progress(connection, request.args.get("job", "")[:64], _login())
    if found is None:
        return Response(status=204)
    return jsonify(step=found.step, done=found.done, total=found.total)


def export_ledger() -> Response:
    """The whole ledger as a workbook, which is imported again without a change."""
    # What writes workbooks is imported when somebody wants one: no other request needs it.
    from connector.finance.ledger_export import write_workbook

    out = BytesIO()
    # In a transaction: the entries come through a cursor.
    with current_services().engine.connect() as connection:
        write_workbook(connection, out)
    answer = Response(out.getvalue(), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    answer.headers["Content-Disposition"] = 'attachment; filename="ledger.xlsx"'
    return answer


def take_back(number: int) -> ResponseReturnValue:
    """Take an import back as a whole."""
    try:
        many = _imports().take_back(number, request.form.get("reason", ""), by=_login(), at=system_clock())
    except NotDecided as error:
        return _page(page_text(error)), 409
    flash(f"Import {number} is taken back: {many:,} corrections.", "good")
    return redirect(url_for("money.import_page"), 303)


def decide(number: int) -> ResponseReturnValue:
    """Decide on a row in quarantine: its measure, its owner, or why it is left out."""
    here, at = current_services(), system_clock()
    name = request.form.get("row_measure", "").strip()[:200].replace("\x00", "")
    reason, owner = request.form.get("reason", ""), request.form.get("owner", "").strip()
    try:
        if name:
            with here.read_as(current_viewer()) as connection:
                named = measures_by_name(connection, {name}).get(name, ())
            if len(named) != 1:
                return _page(f'There is no measure "{name}" that you may see, or several; enter its id.'), 409
            _imports().resolve(number, named[0].id, by=_login(), at=at)
        elif owner:
            _imports().assign(number, owner, by=_login(), due=_day("due"))
        else:
            _imports().dismiss(number, reason, by=_login(), at=at)
    except NotDecided as error:
        return _page(page_text(error)), 409
    flash(f"Row {number} is decided." if not owner else f"Row {number} is given to {owner}.", "good")
    return redirect(url_for("money.import_page"), 303)


def _shown(plan: ImportPlan, given: GivenFile, sha256: str, unsure: list[str]) -> str:
    changes = [change for change in plan.changes if change.entries]
    return render_template(
        "money/import_preview.html", plan=plan, sentences=list(import_lines(plan)), totals=total_rows(plan),
        changes=changes[:SHOWN], more=max(0, len(changes) - SHOWN), problems=list(plan.problems)[:SHOWN],
        given=given, job=token_urlsafe(16), sha256=sha256, unsure=unsure, waiting=quarantine_rows(plan),
        cell=lambda change: getattr(change.statement.source, "cell", str(change.statement.source)),
        postable=not plan.problems and plan.same_as is None and not plan.does_nothing,
    )  # fmt: skip


def _page(error: str = "", source: str = "") -> str:
    person = asked_person()
    with reading(current_services().engine) as connection:
        waiting = open_quarantine(connection, owner=person, limit=SHOWN)
        return render_template(
            "money/import.html", error=error, source=source, person=person, imports=read_imports(connection),
            waiting=waiting, summary=quarantine_line(len(waiting), person, formats()),
            profiles=[one.name for one in read_profiles(connection)], today=system_clock().date(),
            job=token_urlsafe(16), sources=read_sources(connection), bills=read_bills(connection),
        )  # fmt: skip


def _stored(name: str) -> str:
    """The source of a profile by its name; empty when one has to be proposed."""
    if name in GIVEN_PROFILES:
        return GIVEN_PROFILES[name]
    with reading(current_services().engine) as connection:
        found = read_profile(connection, name) if name else None
    return found.source if found is not None else ""


def _given(name: str, content: bytes, source: str) -> GivenFile:
    return given_file(
        name, content, source, by=_login(), at=system_clock(), as_of=_day("as_of"), viewer=current_viewer()
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form[name]) if request.form.get(name) else None
    except ValueError:
        abort(400, "The form's day is no day.")


def _imports() -> MoneyImports:
    here = current_services()
    return MoneyImports(here.engine, here.waker)


def _progress() -> ProgressWriter | None:
    job = request.form.get("job", "")[:64]
    return ProgressWriter(current_services().engine, job, _login(), system_clock) if job else None


def _login() -> str:
    return current_viewer().login
