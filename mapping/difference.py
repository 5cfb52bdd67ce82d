"""The differences between two versions of a mapping, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.capital import capitalised
from mapping.config import MappingConfig


def differences(before: MappingConfig, after: MappingConfig) -> tuple[str, ...]:
    """One sentence per thing that was added, removed or changed; rules are told apart by their names."""
    old, new = before.model_dump(mode="json", by_alias=True), after.model_dump(mode="json", by_alias=True)
    old_rules = {rule["name"]: rule for rule in old.pop("measures")}
    new_rules = {rule["name"]: rule for rule in new.pop("measures")}
    found = list(_changed("", old, new))
    found += [f"The rule {name} is gone." for name in old_rules if name not in new_rules]
    for name, rule in new_rules.items():
        if name not in old_rules:
            found.append(f"The rule {name} is new: {_text(rule['match'])} of {rule['connection']}.")
        else:
            found += _changed(f"rule {name}: ", old_rules[name], rule)
    remaining = [name for name in old_rules if name in new_rules]
    if remaining != [name for name in new_rules if name in old_rules]:
        found.append(f"The rules are applied in another order: {', '.join(new_rules)}.")
    return tuple(capitalised(text) for text in found)


def _changed(where: str, old: object, new: object, path: str = "") -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _changed(where, old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif old is None or old in ([], {}, ""):
        yield f"{where}{path} is now {_text(new)}; it was not set."
    elif new is None or new in ([], {}, ""):
        yield f"{where}{path} is no longer set; it was {_text(old)}."
    else:
        yield f"{where}{path} is now {_text(new)}; it was {_text(old)}."


def _text(value: object) -> str:
    match value:
        case Mapping():
            parts = (f"{key} {_text(part)}" for key, part in value.items() if part not in (None, [], {}, ""))
            return ", ".join(parts) or "everything"
        case list():
            return " or ".join(_text(part) for part in value)
        case str():
            return f'"{value}"'
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
