"""What a mapping may not say about the ledger: each version has one owner, finance or the tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

RuleProblem: TypeAlias = "tuple[tuple[str | int, ...], str, str]"

VERSIONS = ("plan", "forecast", "actual")


def check_ledger(path: tuple[str | int, ...], rule: Mapping[str, object]) -> Iterator[RuleProblem]:
    """(path, message, hint) for each version with two owners, and for comparisons that compare nothing."""
    effects = rule.get("effects")
    if not isinstance(effects, Mapping):
        return
    for version in VERSIONS:
        series = effects.get(version)
        if isinstance(series, Mapping) and series.get("from") == "ledger":
            for key in series:
                if key != "from":
                    yield (
                        (*path, "effects", version, str(key)),
                        f"the {version} has two owners: the ledger, and {key} of the tool.",
                        "Leave one of them out. To compare a field with the ledger, name it under effects.compare.",
                    )
    yield from _check_compare((*path, "effects", "compare"), effects, rule.get("write"))


def _check_compare(path: tuple[str | int, ...], effects: Mapping[str, object], write: object) -> Iterator[RuleProblem]:
    compare, actual = effects.get("compare"), effects.get("actual")
    if not isinstance(compare, Mapping):
        return
    if not isinstance(actual, Mapping) or actual.get("from") != "ledger":
        yield path, "there is nothing to compare with.", "Write actual: {from: ledger}, or leave compare out."
    own = {str(name).casefold() for name in write.values()} if isinstance(write, Mapping) else set()
    for key, source in compare.items():
        if isinstance(source, str) and source.casefold() in own:
            yield (*path, str(key)), f'Gatepost itself writes "{source}".', "Name a field that people or the tool fill."
