"""What the classes of a policy may not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def check_classes(classes: object) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """(path, message, hint) of each problem."""
    seen: set[str] = set()
    for index, one in enumerate(classes if isinstance(classes, list) else []):
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
