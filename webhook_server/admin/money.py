"""``/money``: which months are closed and what is not done of the next one, and the ledger with where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.finance.ledger_lines import WrongLine, money_of
from connector.finance.post_lines import may_close
from connector.measures.usable_rates import reporting_of
from connector.people.permissions import Role
from connector.store.ledger.entries import read_entries
from connector.store.ledger.measure_names import key_by_id, measures_by_name
from governance.capital import capitalised
from governance.ledger import LedgerEntry
from governance.money import Money, Period
from governance.month_close import CloseItem, CloseItemKind, CloseState, CloseStep, RefusedStep, Signer
from governance.rates import Reporting
from governance.reconciliation import kind_text
from webhook_server.admin.money_import import (
    confirm_import,
    decide,
    export_ledger,
    import_page,
    import_progress,
    preview_import,
    take_back,
)
from webhook_server.admin.money_lock import agree_to_lock, lock_data, prepare_lock, refuse_lock
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.auth import services as current_services
from webhook_server.first_lines.money import closed_line, prepared_line, to_do_line
from webhook_server.pages import formats
from webhook_server.permission import Reach

ROWS = 50
MOST_LINES = 50
"""Of each kind on the checklist; whoever looks at more asks for one legal entity, or the API."""
SIGNERS = (Role.CONTROLLER, Role.OFFICE)


@dataclass(frozen=True, slots=True)
class MonthShown:
    """The close of one legal entity's months, for whoever may sign it."""

    legal_entity: str
    month: Period
    state: CloseState
    checklist: tuple[CloseItem, ...]
    steps: tuple[CloseStep, ...]
    is_cut: bool = False
    """There are more lines than these."""

    @property
    def keeps_open(self) -> int:
        return sum(item.kind.keeps_open for item in self.checklist)


def money(_: Services) -> Blueprint:
    blueprint = Blueprint("money", __name__, url_prefix="/money")
    reads, signs = requires_role(*MEASURE_READERS), requires_role(*SIGNERS, reach=Reach.PART)
    blueprint.add_url_rule("", "index", reads(index))
    for rule, endpoint, view in (
        ("/close", "prepare", prepare),
        ("/reopen", "reopen", reopen),
        ("/steps/<int:number>/accept", "accept", accept),
        ("/steps/<int:number>/refuse", "refuse", refuse),
        ("/locks", "prepare_lock", partial(_locked, prepare_lock)),
        ("/locks/<int:number>/agree", "agree_to_lock", partial(_locked, agree_to_lock)),
        ("/locks/<int:number>/refuse", "refuse_lock", partial(_locked, refuse_lock)),
    ):
        blueprint.add_url_rule(rule, endpoint, signs(view), methods=["POST"])
    whole = requires_role(*SIGNERS, reach=Reach.ORGANISATION)
    blueprint.add_url_rule("/import", "import_page", whole(import_page))
    blueprint.add_url_rule("/export", "export_ledger", whole(export_ledger))
    blueprint.add_url_rule("/import/progress", "import_progress", whole(import_progress))
    for rule, endpoint, view in (
        ("/import/preview", "preview_import", preview_import),
        ("/import/confirm", "confirm_import", confirm_import),
        ("/imports/<int:number>/take-back", "take_back", take_back),
        ("/quarantine/<int:number>", "decide", decide),
    ):
        blueprint.add_url_rule(rule, endpoint, whole(view), methods=["POST"])
    return blueprint


def index() -> str:
    """The months and the ledger, of a measure and a month when they are named."""
    return _page()


def prepare() -> ResponseReturnValue:
    """Prepare the close of a month, for a second person."""
    month, entity = _asked()
    gl_cost = _gl_cost(request.form.get("gl_cost", ""))
    if isinstance(gl_cost, str):
        return _page(gl_cost), 422
    by, reason = _signer(), request.form.get("reason", "")
    return _answer(
        current_services().month_close.prepare(
            month, entity, _reporting(), by=by, now=system_clock(), reason=reason, gl_cost=gl_cost
        ),
        "is prepared: a second person has to accept it",
    )


def reopen() -> ResponseReturnValue:
    """Ask for the last closed month to be open again."""
    month, entity = _asked()
    reason = request.form.get("reason", "")
    asked = current_services().month_close.request_reopening(month, entity, reason, by=_signer(), now=system_clock())
    return _answer(asked, "is asked for: a second person has to accept it")


def accept(number: int) -> ResponseReturnValue:
    """Sign what somebody else prepared."""
    _require_step(number)
    done = current_services().month_close.accept(number, _reporting(), by=_signer(), now=system_clock())
    return _answer(done, "is signed")


def refuse(number: int) -> ResponseReturnValue:
    """Refuse what somebody else prepared, or withdraw one's own."""
    asked = _require_step(number)
    reason = request.form.get("reason", "")
    step = current_services().month_close.refuse(number, reason, by=_signer(), now=system_clock())
    return _answer(step, "does not come", asked)


def _locked(view: Callable[..., ResponseReturnValue | str], **values: int) -> ResponseReturnValue:
    """A lock of a budget; a text of it says why it was not taken."""
    answer = view(**values)
    return (_page(answer), 409) if isinstance(answer, str) else answer


def _answer(step: CloseStep | RefusedStep, told: str, about: CloseStep | None = None) -> ResponseReturnValue:
    if isinstance(step, RefusedStep):
        return _page(step.sentence), 409
    flash(f"{capitalised((about or step).sentence)} {told}.", "good")
    return redirect(url_for("money.index", legal_entity=step.legal_entity or None), 303)


def _page(error: str = "") -> str:
    here, viewer = current_services(), current_viewer()
    named, month = (
        request.values.get("measure", "").strip()[:200].replace("\x00", ""),
        _month(request.args.get("month")),
    )
    entities = [one for one in here.month_close.legal_entities() if may_close(viewer, one)]
    entity = request.values.get("legal_entity", "")
    if entity not in entities:
        entity = entities[0] if entities else ""
    after = request.args.get("after", "")
    with here.read_as(viewer) as connection:
        measures = measures_by_name(connection, {named}).get(named, ()) if named else ()
        entries: tuple[LedgerEntry, ...] = ()
        if not named or len(measures) == 1:
            entries = read_entries(
                connection,
                measure=measures[0].id if measures else None,
                month=month,
                legal_entity=entity,
                after=int(after) if after.isdecimal() and len(after) < 19 else 0,
                newest_first=True,
                limit=ROWS + 1,
            )
        keys = key_by_id(connection, {entry.posting.measure for entry in entries})
    shown = _shown(entity, month) if entities else None
    closed_through = here.month_close.closed_through(entity)
    return render_template(
        "money/index.html",
        error=error,
        form=request.form,
        shown=shown,
        summary=_summary(entity, closed_through, shown),
        entities=entities,
        entity=entity,
        month=month,
        named=named,
        ambiguous=[one.id for one in measures] if len(measures) > 1 else [],
        entries=[(entry, keys.get(entry.posting.measure, entry.posting.subject)) for entry in entries[:ROWS]],
        following=entries[ROWS - 1].id if len(entries) > ROWS else None,
        closed_through=closed_through,
        me=viewer.person,
        may_import=viewer.holds_everywhere(SIGNERS),
        **(lock_data(viewer) if viewer.grants_of(SIGNERS) else {}),
        capitalised=capitalised,
        kind_text=kind_text,
    )


def _summary(entity: str, closed_through: Period | None, shown: MonthShown | None) -> str:
    """What is closed, and for whoever signs what waits or is not done."""
    written = formats()
    said = [closed_line(entity, closed_through, written)]
    if shown is not None and shown.state.waiting is not None:
        said.append(prepared_line(shown.state.waiting, written))
    elif shown is not None:
        said.append(to_do_line(shown.month, shown.checklist, written, is_cut=shown.is_cut))
    return " ".join(filter(None, said))


def _shown(entity: str, wanted: Period | None) -> MonthShown:
    """The month that was asked for, else the first one that is not closed and over."""
    close, now = current_services().month_close, system_clock()
    state = close.state(entity, now)
    over = Period.of(now.date()).plus(-1)
    month = wanted or (state.waiting.month if state.waiting else None)
    if month is None:
        month = min(state.closed_through.plus(1), over) if state.closed_through else over
    items = close.checklist(month, entity, _reporting(), MOST_LINES + 1)
    kinds = [[item for item in items if item.kind is kind] for kind in CloseItemKind]
    shown = tuple(item for some in kinds for item in some[:MOST_LINES])
    return MonthShown(entity, month, state, shown, close.steps(entity), is_cut=len(shown) < len(items))


def _asked() -> tuple[Period, str]:
    """The month and the legal entity of a form, for whoever may sign for all of it."""
    entity, month = request.form.get("legal_entity", ""), _month(request.form.get("month"))
    if not may_close(current_viewer(), entity):
        abort(403, "A month is closed by a controller or the transformation office of the whole legal entity.")
    if month is None:
        abort(400, "The form names no month.")
    return month, entity


def _require_step(number: int) -> CloseStep:
    step = current_services().month_close.step(number)
    if step is None or not may_close(current_viewer(), step.legal_entity):
        abort(404, "There is no such step of a close that you may sign.")
    return step


def _signer() -> Signer:
    viewer = current_viewer()
    return Signer(viewer.login, viewer.person)


def _reporting() -> Reporting:
    return reporting_of(current_services().active_config())


def _gl_cost(text: str) -> Money | str | None:
    """What was entered, or why it is no amount."""
    amount, _, currency = text.strip().partition(" ")
    if not amount:
        return None
    try:
        return money_of(amount, currency.strip() or _reporting().currency)
    except WrongLine as error:
        return f"Cost in the general ledger: {error}, such as 1200.50 EUR."


def _month(text: str | None) -> Period | None:
    try:
        return Period.parse(text) if text else None
    except ValueError:
        abort(404, f'"{text}" is no month. Write it as 2026-10.')
