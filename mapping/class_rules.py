"""What the classes of a policy may not say, and what may not be said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from mapping.problems import did_you_mean

ClassProblem: TypeAlias = "tuple[tuple[str | int, ...], str, str]"


def check_classes(data: Mapping[str, object]) -> Iterator[ClassProblem]:
    """(path, message, hint) of each problem of a mapping's plain values."""
    policy = data.get("policy")
    classes = policy.get("classes") if isinstance(policy, Mapping) else None
    stated = [one for one in classes if isinstance(one, Mapping)] if isinstance(classes, list) else []
    names = [str(one.get("name", "")).strip() for one in stated]
    yield from _each(classes if isinstance(classes, list) else [])
    rules = data.get("measures")
    for index, rule in enumerate(rules if isinstance(rules, list) and any(names) else []):
        yield from _translated(index, rule, names)


def _each(classes: list[object]) -> Iterator[ClassProblem]:
    seen: set[str] = set()
    for index, one in enumerate(classes):
        if not isinstance(one, Mapping):
            continue
        path = ("policy", "classes", index)
        name = str(one.get("name", "")).strip().casefold()
        if name and name in seen:
            yield (
                (*path, "name"),
                f'"{one.get("name")}" is already the name of a class.',
                "Give each class its own name.",
            )
        seen.add(name)
        asked = [key for key in ("hurdle", "npv_hurdle", "payback_months") if one.get(key) is not None]
        if one.get("mandatory") is True and asked:
            message = f"a mandatory class asks for no {asked[0]}."
            yield (*path, asked[0]), message, "Remove it, or the line mandatory."


def _translated(index: int, rule: object, names: list[str]) -> Iterator[ClassProblem]:
    """A translation into a name that is no class: every measure with that value would pass no hurdle."""
    facts = rule.get("facts") if isinstance(rule, Mapping) else None
    source = facts.get("class") if isinstance(facts, Mapping) else None
    if not isinstance(source, Mapping):
        return
    path = ("measures", index, "facts", "class")
    values = source.get("values")
    meanings: list[tuple[tuple[str | int, ...], object]] = [
        ((*path, "values", str(value)), meaning)
        for value, meaning in (values.items() if isinstance(values, Mapping) else ())
    ]
    if source.get("default") is not None:
        meanings.append(((*path, "default"), source["default"]))
    known = {name.casefold() for name in names}
    for place, meaning in meanings:
        if str(meaning).strip().casefold() not in known:
            hint = did_you_mean(str(meaning), names) or f"There are {', '.join(names)}."
            yield place, f'"{meaning}" is no class of the policy.', hint
