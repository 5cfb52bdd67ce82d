"""On which screens of a Jira Cloud site owned fields belong: where issues are shown, and nowhere else.

A field on an edit screen is a field that everybody with *Edit issues* types into.  Screens are shared between projects
more often than not (the Default Screen), so the projects that nobody governs are looked at as well.
https://support.atlassian.com/jira-cloud-administration/docs/configure-issue-screens/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.http.answer_numbers import LARGEST_ID, whole_number
from connector.http.json_values import JsonObject, as_object, as_text
from connector.jira.admin import CloudAdmin, Screen

ROLES = ("default", "create", "edit", "view")


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    """A screen on which governed issues are shown."""

    screen: Screen
    is_for_editing: bool
    """Whether issues are created or edited on it as well."""
    strangers: tuple[str, ...] = ()
    """Ids of ungoverned projects that use it."""


def screens_of(
    admin: CloudAdmin, governed: Sequence[str], kinds: Sequence[str], others: Sequence[str]
) -> list[ScreenPlace]:
    """Where the governed projects (ids) show issues of these types (ids); ``others`` are all other projects."""
    if not governed or not kinds:
        return []
    shown: dict[int, bool] = {}
    for screens in _screen_schemes(admin, governed, kinds):
        view = screens.get("view") or screens.get("default") or 0
        editing = {screens.get(role) or screens.get("default") for role in ("create", "edit")}
        if view:
            shown[view] = shown.get(view, False) or view in editing
    used: dict[int, set[str]] = {number: set() for number in shown}
    for project in others:
        for screens in _screen_schemes(admin, [project], None):
            for number in set(screens.values()) & set(used):
                used[number].add(project)
    return [
        ScreenPlace(Screen(number, admin.screen_name(number)), editing, tuple(sorted(used[number])))
        for number, editing in sorted(shown.items())
    ]


def _screen_schemes(
    admin: CloudAdmin, projects: Sequence[str], kinds: Sequence[str] | None
) -> Iterator[Mapping[str, int]]:
    """Role to screen, for each screen scheme that the projects use for these types, or for any."""
    found: set[str] = set()
    for scheme in admin.issue_type_screen_schemes(projects):
        own = admin.screen_schemes_by_type(scheme)
        wanted = own.values() if kinds is None else (own.get(kind) or own.get("default", "") for kind in kinds)
        found |= {identity for identity in wanted if identity}
    for row in admin.screen_schemes(sorted(found)) if found else ():
        yield _roles(as_object(row.get("screens")))


def _roles(screens: JsonObject) -> Mapping[str, int]:
    return {
        role: whole_number(screens.get(role), f"screens.{role}", "screenscheme", largest=LARGEST_ID)
        for role in ROLES
        if as_text(screens.get(role))
    }
