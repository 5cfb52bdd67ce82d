"""Under which names others may depend on an item, and on which names an item's own evidence rests."""

from __future__ import annotations

from collections.abc import Iterator

from governance.facts import known
from mapping.work_item import Tool, WorkItem

MAX_KEY_LENGTH = 64
"""Characters of a field that may hold another item's key."""
TASK_TABLE = "pm_project_task"
"""Where a ServiceNow project's children are; they are known by their sys_id alone."""


def reference_names(item: WorkItem) -> Iterator[str]:
    """The names under which others may depend on an item: its id, its key, its title, and keys in its fields."""
    yield item.native_id
    yield f"key:{item.key.casefold()}"
    if item.title:
        yield item.title.casefold()
    for value in item.fields.values():
        if isinstance(value, str) and 0 < len(value) <= MAX_KEY_LENGTH:
            yield f"key:{value.casefold()}"


def rests_on(item: WorkItem) -> list[str]:
    """Children by their ids, linked items by their keys; the same names as :func:`reference_names`."""
    children = known(item.children)
    prefix = f"{TASK_TABLE}:" if item.tool is Tool.SERVICENOW else ""
    names = {f"key:{link.key.casefold()}" for link in item.links}
    names |= {f"{prefix}{child.id}" for child in (children.items if children is not None else ())}
    return sorted(names)


def concerned(item: WorkItem) -> Iterator[str]:
    """Ids and keys of the items whose evidence this one is by its own account: what it hangs on and is linked to."""
    yield from item.parents
    for link in item.links:
        yield link.key
