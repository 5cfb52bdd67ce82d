"""A first mapping, written from what a tool shows: commented, checked, and honest about what it did not find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mapping.live_check import GATE_OPTIONS, STATUS_OPTIONS
from mapping.work_item import StatusCategory, Tool


class FieldKind(StrEnum):
    """What a field can hold, as far as a first mapping has to know."""

    PERSON = "person"
    DATE = "date"
    NUMBER = "number"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SurveyField:
    name: str
    kind: FieldKind
    editable: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tool shows of one kind of item."""

    tool: Tool
    connection: str
    project: str
    """Jira's project; empty for ServiceNow."""
    type: str
    """Issue type or table."""
    statuses: tuple[tuple[str, StatusCategory], ...]
    fields: tuple[SurveyField, ...]


class NoWritableField(ValueError):
    """The tool has no field that Gatepost could write its verdict into."""


READ_CANDIDATES: Mapping[str, tuple[tuple[FieldKind, ...], tuple[str, ...]]] = {
    "owner": (
        (FieldKind.PERSON,),
        ("Owner", "Measure owner", "Project manager", "Demand manager", "Assignee", "Assigned to"),
    ),
    "sponsor": ((FieldKind.PERSON,), ("Sponsor", "Executive sponsor", "Business sponsor")),
    "controller": ((FieldKind.PERSON,), ("Controller", "Finance partner", "Business controller")),
    "business_unit": ((FieldKind.TEXT, FieldKind.OTHER), ("Business unit", "Department")),
    "legal_entity": ((FieldKind.TEXT, FieldKind.OTHER), ("Legal entity", "Company", "Company code")),
    "start": ((FieldKind.DATE,), ("Start date", "Planned start date", "Target start")),
    "end": ((FieldKind.DATE,), ("Planned end date", "Due date", "Target end", "End date")),
    "rough_value": ((FieldKind.NUMBER, FieldKind.TEXT), ("Rough value", "Estimated value", "Business value")),
    "baseline": ((FieldKind.NUMBER, FieldKind.TEXT), ("Baseline", "Cost baseline")),
    "objective": ((FieldKind.TEXT, FieldKind.OTHER), ("Objective", "OKR", "Strategic objectives", "Goal")),
    "kill_criteria": ((FieldKind.TEXT,), ("Kill criteria", "Exit criteria")),
    "overlaps": ((FieldKind.TEXT,), ("Overlaps", "Overlap")),
    "plan.benefit": ((FieldKind.NUMBER,), ("Planned benefit", "Plan benefit", "Expected benefit")),
    "plan.one_off_cost": ((FieldKind.NUMBER,), ("Planned cost", "Plan cost", "Budget")),
    "forecast.benefit": ((FieldKind.NUMBER,), ("Forecast benefit", "Benefit forecast")),
    "forecast.one_off_cost": ((FieldKind.NUMBER,), ("Forecast cost", "Cost forecast")),
    "actual.benefit": ((FieldKind.NUMBER,), ("Actual benefit", "Realised benefit")),
    "actual.one_off_cost": ((FieldKind.NUMBER,), ("Actual cost", "Actuals")),
}
WRITE_CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "doi_stage": ("DoI stage",),
    "implementation": ("Implementation status",),
    "potential": ("Potential status",),
    "gate": ("Gate",),
    "highest_stage": ("Highest stage",),
    "blockers": ("Gate blockers",),
    "why": ("Why",),
    "findings": ("Gate findings",),
    "plan": ("Plan net",),
    "forecast": ("Forecast net",),
    "actual": ("Actual net",),
    "variance": ("Variance %",),
}
NEEDED_OPTIONS = {"gate": GATE_OPTIONS, "implementation": STATUS_OPTIONS, "potential": STATUS_OPTIONS}
STATUSES_OF_STAGE: Mapping[str, tuple[str, ...]] = {
    "identified": ("backlog", "to do", "open", "new", "draft", "submitted", "pending", "idea", "funnel"),
    "detailed": ("analysis", "screening", "qualified", "assess", "authorize", "refinement", "selected for development"),
    "decided": ("approved", "in progress", "work in progress", "scheduled", "implement", "review", "implementing"),
    "implemented": ("done", "resolved", "completed", "closed complete", "released"),
    "closed": ("closed", "archived"),
}
ENDING_WORDS = ("cancel", "reject", "declin", "incomplete", "skipped", "abandon", "won't", "won’t", "wont ")
"""Parts of the names of statuses in which work ends without its result."""
STAGE_OF_CATEGORY = {
    StatusCategory.NEW: "identified",
    StatusCategory.INDETERMINATE: "decided",
    StatusCategory.DONE: "implemented",
}


def starter_mapping(survey: Survey, *, organization: str, currency: str, creates_fields: bool = False) -> str:
    """The text of a first mapping.  Raises NoWritableField with what has to be made first.

    With ``creates_fields`` it also names fields that nobody has made yet: Gatepost creates them before it is activated.
    """
    found, missing = _fields(survey.fields)
    written = list(_written(survey.fields))
    if creates_fields:
        names = {field.name.casefold() for field in survey.fields}
        has = {part for part, _ in written}
        absent = [(part, name) for part, (name, *_) in WRITE_CANDIDATES.items() if name.casefold() not in names]
        written = sorted([*written, *(each for each in absent if each[0] not in has)], key=_write_order)
    if not any(part in {"gate", "blockers"} for part, _ in written):
        raise NoWritableField(
            f"{survey.connection} has no field that Gatepost could write its verdict into. Create at least Gate (a "
            f"choice of {', '.join(GATE_OPTIONS)}, or text) and Gate blockers (a long text), let Gatepost's account "
            "edit them on these items, and run this again."
        )
    owner = found.get("owner")
    if owner is None:
        raise NoWritableField(f"{survey.connection} has no person field that could be the owner of {survey.type}.")
    return "\n".join(_lines(survey, found, missing, written, organization, currency)) + "\n"


def _fields(fields: Iterable[SurveyField]) -> tuple[dict[str, str], list[str]]:
    """The field for each part, and the parts that none was found for."""
    by_name = {field.name.casefold(): field for field in fields}
    found, missing = {}, []
    for part, (kinds, names) in READ_CANDIDATES.items():
        seen = (by_name.get(name.casefold()) for name in names)
        match = next((field for field in seen if field is not None and field.kind in kinds), None)
        if match is None:
            missing.append(part)
        else:
            found[part] = match.name
    return found, missing


def _written(fields: Iterable[SurveyField]) -> Iterator[tuple[str, str]]:
    by_name = {field.name.casefold(): field for field in fields}
    for part, names in WRITE_CANDIDATES.items():
        for name in names:
            field = by_name.get(name.casefold())
            fits = field is not None and field.editable
            if (
                field is not None
                and fits
                and (not field.options or set(NEEDED_OPTIONS.get(part, ())) <= set(field.options))
            ):
                yield part, field.name


def _write_order(entry: tuple[str, str]) -> int:
    return list(WRITE_CANDIDATES).index(entry[0])


def _lines(
    survey: Survey,
    found: Mapping[str, str],
    missing: Sequence[str],
    written: Sequence[tuple[str, str]],
    organization: str,
    currency: str,
) -> Iterator[str]:
    name = f"{survey.project}-{survey.type}".strip("-").lower().replace(" ", "-")
    yield f"# A first mapping, made from what {survey.connection} shows."
    yield "# Read it once; then check it against the tool, preview what it does, and activate it."
    yield "version: 1"
    yield f"organization: {_quoted(organization)}"
    yield f"reporting_currency: {currency}"
    yield "fiscal_year_start: 1        # the month in which your fiscal year begins"
    yield ""
    yield "measures:"
    yield f"  - name: {_quoted(name)}"
    yield f"    connection: {survey.connection}"
    kinds = f"type: [{_quoted(survey.type)}]" if survey.tool is Tool.JIRA else f"table: [{survey.type}]"
    where = f"project: [{survey.project}], " if survey.project else ""
    yield f"    match: {{{where}{kinds}}}        # add labels: {{any: [governed]}} to begin with a few"
    program = any(field.name == "Program" for field in survey.fields)
    yield "    hierarchy:                  # where measures stand: portfolio, program, project, package"
    yield f"      program: {_quoted('{Program}' if program else organization)}"
    yield "    roles:"
    yield from _section(found, missing, ("owner", "sponsor", "controller"), "      ")
    yield "    facts:"
    facts = [part for part in READ_CANDIDATES if "." not in part and part not in {"owner", "sponsor", "controller"}]
    yield from _section(found, missing, facts, "      ")
    yield from _effects(found, missing)
    yield "    stage:"
    yield "      from_status:              # what a status claims; Gatepost grants the stage, or calls it a breach"
    for status, category in survey.statuses:
        stage = _stage(status, category)
        if stage:
            yield f"        {_quoted(status)}: {stage}"
    ended = [_quoted(status) for status, category in survey.statuses if _stage(status, category) is None]
    if ended:
        yield "    ends:                       # open to cancelled measures, a breach for all others"
        yield f"      cancelled: [{', '.join(ended)}]"
    yield "    enforce: native"
    yield "    write:                      # fields that Gatepost owns; a hand edit is put back"
    for part, field in written:
        yield f"      {part}: {_quoted(field)}"
    for part, names in WRITE_CANDIDATES.items():
        if part not in {key for key, _ in written} and not (part == "highest_stage" and survey.tool is not Tool.JIRA):
            yield f"      # {part}: no field {names[0]!r} that Gatepost may edit"


def _section(found: Mapping[str, str], missing: Sequence[str], parts: Sequence[str], indent: str) -> Iterator[str]:
    for part in parts:
        key = part.rpartition(".")[2]
        if part in found:
            yield f"{indent}{key}: {_quoted(found[part])}"
        elif part in missing:
            yield f"{indent}# {key}: no field looks like it; its gate stays shut until one is named"


def _effects(found: Mapping[str, str], missing: Sequence[str]) -> Iterator[str]:
    versions = [v for v in ("plan", "forecast", "actual") if any(part.startswith(f"{v}.") for part in found)]
    if not versions:
        yield "    # effects: no field looks like a planned benefit; without a plan nothing is decided"
        return
    yield "    effects:                    # actuals are totals to date, booked when they are seen to change"
    yield "      timing:"
    yield "        # per year, from the month after the end on; duration: 12 would count twelve months"
    yield "        benefit: {milestone: end, offset: 1, per: year}"
    for version in versions:
        yield f"      {version}:"
        parts = [part for part in READ_CANDIDATES if part.startswith(f"{version}.")]
        yield from _section(found, missing, parts, "        ")


def _stage(status: str, category: StatusCategory) -> str | None:
    name = status.casefold()
    if any(part in name for part in ENDING_WORDS):
        return None
    return next((stage for stage, names in STATUSES_OF_STAGE.items() if name in names), STAGE_OF_CATEGORY.get(category))


def _quoted(text: str) -> str:
    """A YAML scalar that means the text and nothing else."""
    plain = text.replace(" ", "").replace("-", "").replace("_", "")
    if (
        plain.isalnum()
        and not text[0].isdigit()
        and text.casefold() not in {"yes", "no", "true", "false", "null", "on", "off"}
    ):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
