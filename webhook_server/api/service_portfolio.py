"""Services: what a unit costs, what the demand is, what is in the way, and how to state demand and KPI values."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.finance.service_values import StatedValue, save_values
from connector.people.permissions import POSTING_ROLES, Action, TokenScope
from connector.store.service_portfolio.definitions import name_hurdle
from connector.store.service_portfolio.kpi_values import SubjectKind
from connector.store.service_portfolio.queries import (
    ServiceFilters,
    StoredService,
    business_units,
    get_service,
    list_services,
    measures_of,
    seen_measures,
    sentence_for,
    served_objectives,
)
from governance.codes import CODES
from governance.service import ServiceMonth
from governance.service_report import DEMAND
from webhook_server.api.gates_model import GatesModel, gates_model
from webhook_server.api.known_filters import raise_unknown, unknown
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem, nothing_stored
from webhook_server.api.values import (
    Amount,
    LongText,
    Model,
    Moment,
    Names,
    Page,
    PageQuery,
    ShortText,
    from_cursor,
    to_cursor,
)

CENT = Decimal("0.01")


class ServiceSort(StrEnum):
    KEY = "key"
    COST = "cost"
    TREND = "trend"
    MARGIN = "margin"


class ServicesQuery(PageQuery):
    code: Names = Field(default=[], description="Code of a blocker or finding: COST_SPIKE; one of several.")
    business_unit: Names = Field(default=[], description="Business unit; one of several.")
    objective: Names = Field(default=[], description="Key of the objective that it serves; one of several.")
    text: ShortText | None = Field(default=None, description="Part of the key or name.")
    left: bool = Field(default=False, description="true: those that have left the mapping, with their last figures.")
    sort: ServiceSort = Field(
        default=ServiceSort.KEY, description="cost and trend: the largest first; margin: the smallest first."
    )


class ServiceBlockerModel(Model):
    code: str
    sentence: str
    who: str


class DepartmentModel(Model):
    department: str = Field(description="Cost centre, `no cost centre`, or `shared services`.")
    rise: Amount = Field(description="By how much its part rose, per unit; without demand of the month.")


class ServiceFindingModel(Model):
    code: str
    sentence: str
    who: str
    departments: list[DepartmentModel] = Field(description="Of a cost spike: who caused it, the largest first.")
    measures: list[str] = Field(description="Ids of the measures that it is about, of those that the caller may see.")


class ServiceModel(Model):
    key: str = Field(examples=["desk"])
    name: str
    owner: str
    business_unit: str
    portfolio: str | None
    program: str | None
    legal_entity: str | None
    objective: str = Field(description="Key of the objective that it serves; empty for none.")
    unit: str = Field(description="What is counted as its demand.", examples=["ticket"])
    month: str | None = Field(description="The last month that is over; null before the figures were made.")
    cost: Amount | None = Field(description="Of the month, with its part of shared services; null is not known.")
    demand: str | None = Field(description="Units of the month; null is not known.", examples=["1200"])
    unit_cost: Amount | None = Field(description="Cost over demand; null is not known.")
    fixed_per_unit: Amount | None = Field(description="The part that does not move with demand.")
    variable_per_unit: Amount | None = Field(description="The part that moves with demand.")
    value_per_unit: Amount | None = Field(description="What a unit brings: booked benefits, or the stated value.")
    margin: Amount | None = Field(description="Value less cost of a unit.")
    stranded: Amount | None = Field(description="Fixed cost of the month that no demand uses.")
    trend: str | None = Field(
        description="Unit cost against the trailing quarter, as a share: 0.1 is a tenth above.", examples=["0.10"]
    )
    saving: Amount | None = Field(description="By how much the cost lies below the mean of the trailing quarter.")
    trend_sentence: str = Field(description="Trend and saving in words: a falling unit cost alone is no saving.")
    hurdle: str = Field(description="What is in its way now; empty when nobody has said.")
    blockers: list[ServiceBlockerModel] = Field(description="Which of its three questions have no answer.")
    findings: list[ServiceFindingModel]
    left_at: Moment | None = Field(description="When it left the mapping; null while it is in it.")


class ServiceMonthModel(Model):
    month: str
    fixed: Amount | None
    variable: Amount | None
    shared: Amount | None = Field(description="Its part of shared services; below zero what others carry of it.")
    cost: Amount | None
    demand: str | None = Field(description="Null is not known.", examples=["1200"])
    unit_cost: Amount | None
    benefit: Amount | None = Field(description="Booked on the service.")
    by_cost_centre: dict[str, str] = Field(
        description="Own cost by cost centre; the empty name is cost without one.", examples=[{"4711": "600.00"}]
    )


class ServiceMeasureModel(Model):
    measure: str
    key: str
    title: str
    owner: str
    gates: GatesModel


class ServiceDetail(ServiceModel):
    months: list[ServiceMonthModel] = Field(description="Oldest first.")
    measures: list[ServiceMeasureModel] = Field(description="Measures that name it, of those that the caller may see.")
    allocations: list[str] = Field(description="Which parts of shared services it carries.", examples=[["30% of data"]])


Month = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-10"])]


class NewValue(Model):
    subject: ShortText = Field(description="Key or name of the service; key of the measure or key result.")
    kind: SubjectKind = Field(default=SubjectKind.SERVICE, description="What the subject is.")
    kpi: ShortText = Field(default=DEMAND, description="Name of the KPI; `demand` for the demand of a service.")
    month: Month
    value: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,12})?$", examples=["1200"])]


class NewValues(Model):
    source: ShortText = Field(description="Where the values come from.", examples=["ITSM export"])
    values: Annotated[list[NewValue], Field(min_length=1, max_length=10_000)]
    dry_run: bool = False


class StoredValues(Model):
    changed: int = Field(description="Values that are new or others than before.")


class NewHurdle(Model):
    hurdle: LongText = Field(description="What is in the way of the service now, or that nothing is.")


class Hurdle(Model):
    hurdle: str
    by: str
    at: Moment


def list_all(call: ApiCall) -> Page[ServiceModel]:
    query = call.query_as(ServicesQuery)
    by_key = query.sort is ServiceSort.KEY
    after = from_cursor(query.cursor, str if by_key else int)
    filters = ServiceFilters(query.code, query.business_unit, query.text, query.objective, left=query.left)
    with call.services.read_as(call.viewer) as connection:
        raise_unknown(
            [
                *unknown("code", query.code, lambda: CODES),
                *unknown("business_unit", query.business_unit, lambda: business_units(connection, call.viewer)),
                *unknown("objective", query.objective, lambda: served_objectives(connection, call.viewer)),
            ]
        )
        rows = list_services(
            connection, call.viewer, filters, query.sort.value, after[0] if after else None, query.limit
        )
        seen = seen_measures(connection, _measure_ids(rows))
    items = [_service(row, seen) for row in rows[: query.limit]]
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1].definition.key
        following = to_cursor(last if by_key else (int(after[0]) if after else 0) + query.limit)
    return Page[ServiceModel](items=items, next=following)


def get_one(call: ApiCall) -> ServiceDetail:
    key = call.text_parameter("service")
    with call.services.read_as(call.viewer) as connection:
        found = get_service(connection, call.viewer, key)
        if found is None:
            raise Problem(404, f"There is no service {key[:80]} that you may see.", "GET /services lists them.")
        seen = seen_measures(connection, _measure_ids([found]))
        measures = measures_of(connection, found.definition.key, 200)
    currency = found.report.currency if found.report else ""
    return ServiceDetail(
        **_service(found, seen).model_dump(),
        months=[_month(one, currency) for one in (found.report.months if found.report else ())],
        measures=[
            ServiceMeasureModel(
                measure=one.id, key=one.key, title=one.title, owner=one.owner, gates=gates_model(one.gates)
            )
            for one in measures
        ],
        allocations=[one.basis for one in found.definition.allocations],
    )


def state_values(call: ApiCall) -> StoredValues:
    if not call.viewer.holds_everywhere(POSTING_ROLES):
        raise Problem(403, "This needs the role controller or office for the whole organisation.")
    sent = call.body_as(NewValues)
    stated = [
        StatedValue(f"values[{number}]", one.kind, one.subject, one.kpi, one.month, one.value)
        for number, one in enumerate(sent.values)
    ]
    result = save_values(
        call.services.engine, stated, sent.source, call.viewer.login, system_clock(), dry_run=sent.dry_run
    )
    if result.problems:
        raise nothing_stored(result.problems)
    return StoredValues(changed=result.changed)


def state_hurdle(call: ApiCall) -> Hurdle:
    key, now = call.text_parameter("service"), system_clock()
    with call.services.read_as(call.viewer) as connection:
        found = get_service(connection, call.viewer, key)
    place = tuple(level for level in (found.portfolio, found.program) if level) if found else ()
    if found is None or not call.viewer.holds_for(POSTING_ROLES, place, found.legal_entity):
        raise Problem(404, f"There is no service {key[:80]} that you may change.", "GET /services lists them.")
    hurdle = call.body_as(NewHurdle).hurdle
    with call.services.engine.begin() as transaction:
        name_hurdle(transaction, found.definition.key, hurdle, call.viewer.login, now)
    return Hurdle(hurdle=hurdle, by=call.viewer.login, at=now)


def _measure_ids(rows: list[StoredService]) -> set[str]:
    return {one for row in rows if row.report for finding in row.report.findings for one in finding.measures}


def _service(found: StoredService, seen: frozenset[str]) -> ServiceModel:
    report, definition = found.report, found.definition
    currency = report.currency if report else ""

    def amount(name: str) -> Amount | None:
        return _amount(getattr(report, name), currency) if report else None

    return ServiceModel(
        key=definition.key,
        name=definition.name,
        owner=definition.owner,
        business_unit=definition.business_unit,
        portfolio=found.portfolio,
        program=found.program,
        legal_entity=found.legal_entity,
        objective=found.objective,
        unit=definition.unit,
        month=str(report.month) if report else None,
        demand=_number(report.demand) if report else None,
        trend=f"{report.trend:.4f}" if report and report.trend is not None else None,
        trend_sentence=report.trend_sentence if report else "",
        hurdle=report.hurdle if report else "",
        blockers=[
            ServiceBlockerModel(code=one.code, sentence=one.sentence, who=one.who)
            for one in (report.blockers if report else ())
        ],
        findings=[
            ServiceFindingModel(
                code=one.code,
                sentence=sentence_for(one, seen),
                who=one.who,
                departments=[
                    DepartmentModel(department=part.department, rise=Amount.of(part.amount.quantize(CENT), currency))
                    for part in one.departments
                ],
                measures=[measure for measure in one.measures if measure in seen],
            )
            for one in (report.findings if report else ())
        ],
        left_at=found.left_at,
        **{name: amount(name) for name in _AMOUNTS},
    )


_AMOUNTS = (
    "cost", "unit_cost", "fixed_per_unit", "variable_per_unit", "value_per_unit", "margin", "stranded", "saving",
)  # fmt: skip


def _month(one: ServiceMonth, currency: str) -> ServiceMonthModel:
    return ServiceMonthModel(
        month=str(one.month),
        fixed=_amount(one.fixed, currency),
        variable=_amount(one.variable, currency),
        shared=_amount(one.allocated, currency),
        cost=_amount(one.cost, currency),
        demand=_number(one.demand),
        unit_cost=_amount(one.unit_cost, currency),
        benefit=_amount(one.benefit, currency),
        by_cost_centre={name: f"{amount.quantize(CENT):f}" for name, amount in one.by_department.items()},
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return None if value is None else Amount.of(value.quantize(CENT), currency)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


SERVICE = PathParameter("service", "the key of a service")
OPERATIONS = (
    Operation("GET", "/services", "services", "List services", list_all, Page[ServiceModel], query=ServicesQuery,
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "GET", "/services/{service}", "services", "Read a service with its months and measures", get_one, ServiceDetail,
        path_parameters=(SERVICE,), problems={404: "There is no such service that the caller may see."},
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "POST", "/service-values", "services", "State demand and KPI values by month", state_values, StoredValues,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewValues,
        problems={422: "A value names nothing that is known: nothing was stored."},
    ),
    Operation(
        "POST", "/services/{service}/hurdle", "services", "State what is in the way of a service", state_hurdle, Hurdle,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, path_parameters=(SERVICE,), body=NewHurdle,
        problems={404: "There is no such service that the caller may change."},
    ),
)  # fmt: skip
