"""A mapping compared with its tools before it counts: what does not fit, and which tool could not be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError, GatepostError, ToolError
from mapping.done_statuses import unnamed_done_statuses
from mapping.fields import rule_fields
from mapping.live_check import RuleInspection, live_problems, people_in
from mapping.load import LoadedMapping
from mapping.problems import MappingFileProblem
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class LiveCheck:
    problems: tuple[MappingFileProblem, ...]
    unreachable: tuple[GatepostError, ...]
    """Why a tool could not be asked: what is not known does not count as fitting."""
    notes: tuple[str, ...]
    warnings: tuple[MappingFileProblem, ...] = ()
    """What the tools show that the mapping leaves open; it fits them all the same."""

    @property
    def fits(self) -> bool:
        return not self.problems and not self.unreachable

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each thing that speaks against activating."""
        return (*map(str, self.problems), *(f"It could not be checked: {error}" for error in self.unreachable))

    @property
    def verdict(self) -> str:
        """One sentence."""
        count = len(self.problems)
        if count:
            return f"{count} {'name or setting does' if count == 1 else 'names or settings do'} not fit the tools."
        if self.unreachable:
            return "Not all tools could be asked, so it is not known whether the mapping fits them."
        return "The mapping fits its tools."


class DoesNotFit(ConfigurationError):
    """A mapping that does not fit its tools, and no reason was given to activate it all the same."""

    def __init__(self, check: LiveCheck, advice: str) -> None:
        self.check = check
        listed = "\n".join(f"  {sentence}" for sentence in check.sentences)
        super().__init__(f"Not activated. {check.verdict}\n{listed}\n{advice}")


def check_live(
    services: Services, loaded: LoadedMapping, source: str, done: Callable[[], None] = lambda: None
) -> LiveCheck:
    """Ask each rule's tool; ``done`` is called after each rule."""
    sites, inspections = Sites(services, system_clock), dict[str, RuleInspection]()
    members = {member for committee in loaded.config.committees for member in committee.members}
    failed: dict[ConnectionName, GatepostError] = {}
    for rule in loaded.config.measures:
        name = ConnectionName(rule.connection)
        try:
            inspector = sites.get(name).inspector if name not in failed else None
            if inspector is not None:
                fields, people = sorted(rule_fields(rule)), sorted(people_in(rule) | members)
                inspections[rule.name] = inspector.inspect(rule, fields, people)
        except (ToolError, ConfigurationError) as error:
            failed[name] = error
        done()
    problems = live_problems(loaded, inspections, source)
    if failed:
        # A member of a committee may be known to the tool that could not be asked.
        problems = tuple(problem for problem in problems if not problem.path.startswith("committees"))
    notes = tuple(dict.fromkeys(note for one in inspections.values() for note in one.notes))
    warnings = (
        unnamed_done_statuses(loaded, index, inspections[rule.name], source)
        for index, rule in enumerate(loaded.config.measures)
        if rule.name in inspections
    )
    return LiveCheck(problems, tuple(failed.values()), notes, tuple(sorted(chain.from_iterable(warnings))))
