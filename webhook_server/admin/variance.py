"""Why a variance is what it is: of a part of the portfolio by program, and of one measure by kind, cause and month."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import Services
from connector.measures.known_on import NotKnownYet, known_row
from connector.measures.why import measure_why, why_of_now
from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.variance_by_place import VarianceBy, variance_by
from governance.effects import ZERO, EffectKind
from governance.variance_tree import VarianceCause
from webhook_server.admin.as_known import requested_day
from webhook_server.admin.measure_view import KIND_LABELS
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.admin.portfolio_request import PortfolioRequest, Stages, figures_or_gone, member
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.portfolio import measure_variance_line, variance_line
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

CAUSE_LABELS = {
    VarianceCause.SCOPE: "Scope: added or removed",
    VarianceCause.TIMING: "Timing",
    VarianceCause.PRICE: "Price, as its owner says",
    VarianceCause.VOLUME: "Volume, as its owner says",
    VarianceCause.VALUE: "Value: more or less a month",
    VarianceCause.EXCHANGE_RATE: "Exchange rate",
}
BY_LABELS = {
    VarianceBy.PROGRAM: "Program",
    VarianceBy.PORTFOLIO: "Portfolio",
    VarianceBy.LEGAL_ENTITY: "Legal entity",
    VarianceBy.BUSINESS_UNIT: "Business unit",
    VarianceBy.OWNER: "Owner",
}

FindRow = Callable[[Connection, Viewer, str], RowMapping]


def add_measure_why(blueprint: Blueprint, services: Services, find: FindRow) -> None:
    """The address of one measure's variance."""

    @blueprint.get("/<path:name>/why")
    @requires_role(*MEASURE_READERS)
    def why(name: str) -> ResponseReturnValue:
        """The tree, open as far as there is something in it; it works without scripts."""
        viewer = current_viewer()
        on = requested_day(request.args)
        with services.read_as(viewer) as connection:
            row = find(connection, viewer, name)
            if on is None:
                found = why_of_now(connection, row)
            else:
                try:
                    known = known_row(connection, row, on)
                except NotKnownYet as error:
                    abort(404, page_text(error))
                row = known.row  # type: ignore[assignment]  # a row as the catalogue has it
                found = measure_why(connection, row, known.effect_lines, on.at)
        amount = found.tree.amount if found.tree is not None else ZERO
        return render_template(
            "measure/why.html", row=row, why=found, cause_labels=CAUSE_LABELS, kind_label=_kind_label, shift=_shift,
            summary=found.problem or measure_variance_line(row["key"], amount, found.currency, formats()),
        )  # fmt: skip


def add_portfolio_why(blueprint: Blueprint, services: Services, stages: Stages) -> None:
    """The address of a variance of many measures."""

    @blueprint.get("/why")
    @requires_role(*MEASURE_READERS)
    def why() -> ResponseReturnValue:
        """By program or another name, and the measures under each, which lead on to their own trees."""
        asked = PortfolioRequest.from_query(request.args)
        viewer = current_viewer()
        by = member(request.args, "by", VarianceBy) or VarianceBy.PROGRAM
        with services.read_as(viewer) as connection:
            figures = figures_or_gone(asked.portfolio(connection, viewer))
            asked.require_known(connection, viewer, stages())
            source = connection if asked.on is None else figures_at(connection, asked.on.at)
            variance = variance_by(source, viewer, asked.filters, by)
        return render_template(
            "portfolio/why.html", variance=variance, by=by, by_labels=BY_LABELS, filters=asked.filters, figures=figures,
            summary=variance_line(variance.amount, figures.currency, formats()),
        )  # fmt: skip


def _kind_label(kind: EffectKind, hard: bool) -> str:
    label = KIND_LABELS.get(kind.value, kind.value)
    return label if hard else f"{label} (soft)"


def _shift(months: int) -> str:
    count = "1 month" if abs(months) == 1 else f"{abs(months)} months"
    return f"begins {count} {'later' if months > 0 else 'earlier'}"
