"""The reference page of the reporting views, from their catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from connector.store.feeds.views import VIEWS, PastKind, View
from docs.generator.tables import code, table

INTRODUCTION = """\
# Reporting views

A star of facts and dimensions with names that stay, made of what Gatepost stores: the same in SQL (schema `reporting`),
[over OData](../automation/odata.md) and as Parquet. Everybody sees in them the measures that they see on the pages.
Amounts are exact decimals. A name that nobody has stated is empty (`NULL`).

A total of the portfolio is the sum over `measure` where `in_totals`; of `pipeline`, `delayed_benefit`, `claimed`,
`validated` and `unvalidated` the sum where `is_open`. The S-curve is the sum over `measure_month` where `in_totals`.

"""
PAST = {
    PastKind.SAME: "the same on every day",
    PastKind.VERSIONS: "`on` gives what was known on a day",
    PastKind.UNTIL: "`on` gives the rows up to a day",
    PastKind.NOT_KEPT: "kept for now alone",
}


def page() -> str:
    overview = table(
        ("view", "kind", "holds", "scope of a token", "days of the past"),
        ((f"[`{view.name}`](#{view.name})", view.kind, view.about, code(view.scope.value), PAST[view.past])
         for view in VIEWS),
    )  # fmt: skip
    return INTRODUCTION + overview + "\n" + "\n".join(map(_view, VIEWS))


def _view(view: View) -> str:
    key = ", ".join(map(code, view.key))
    return (
        f"## {view.name}\n\n{view.about} Key: {key}.\n\n"
        + table(("column", "type", "meaning"), _columns(view))
        + _links(view)
    )


def _columns(view: View) -> Iterable[tuple[str, str, str]]:
    for column in view.columns:
        yield code(column.name), column.type.value, column.about


def _links(view: View) -> str:
    if not view.links:
        return ""
    found = (f"`{link.name}` to {'many of ' if link.many else ''}`{link.view}`" for link in view.links)
    return f"\nLinks over OData: {', '.join(found)}.\n"
