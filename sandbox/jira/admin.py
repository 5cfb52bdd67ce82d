"""Fields, contexts, options and screens over REST, as far as a provisioner needs them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, jsonify, request

from sandbox.jira.model import TYPES, Refusal, Status, Transition, Workflow
from sandbox.jira.serializer import SCHEMA, IssueSerializer, option_id
from sandbox.jira.site import JiraSite


@dataclass
class Screen:
    id: int
    name: str
    fields: list[str] = field(default_factory=list)


@dataclass
class Context:
    id: str
    name: str
    projects: list[str] = field(default_factory=list)
    """Project ids; empty for all."""


MOST_FIELDS = 700
"""Custom fields of a space."""


class AdminApi:
    """Each classic project has an edit screen; fields that are on none of them cannot be edited there."""

    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._shapes = IssueSerializer(site)
        self._ids = itertools.count(500)
        self.screens: dict[int, Screen] = {}
        self.screen_of: dict[str, int] = {}
        """Project key to the screen on which its issues are created and edited."""
        self.view_screen_of: dict[str, int] = {}
        """Project key to the screen on which its issues are shown, where it has one of its own."""
        self.contexts: dict[str, list[Context]] = {}
        self.trashed: dict[str, str] = {}
        self.associates = True
        """Whether a field that is put on a screen is associated with the projects as well."""
        self.associated: set[tuple[str, str]] = set()
        """(field id, project id) that a scheme or an association brought together."""
        self.schemes = True
        """Whether the experimental field schemes are switched on."""
        self.refuses_contexts = False

    def create_screens(self) -> None:
        """Every classic project gets an edit and a view screen of its own with the fields that are there now."""
        for project in self._site.projects.values():
            if not project.team_managed:
                for place, kind in ((self.screen_of, "edit"), (self.view_screen_of, "view")):
                    screen = Screen(next(self._ids), f"{project.key}: {kind} screen", list(self._site.fields))
                    self.screens[screen.id] = screen
                    place[project.key] = screen.id

    def may_edit(self, identity: str, project: str) -> bool:
        """Whether a field is on the screen on which a project's issues are edited."""
        if not self.screens:
            return True
        number = self.screen_of.get(project)
        return number is not None and identity in self.screens[number].fields

    def is_valid(self, identity: str, project: str) -> bool:
        """Whether a context covers a project (id), and a scheme or an association has brought the two together."""
        contexts = self.contexts.get(identity)
        covered = contexts is None or any(not one.projects or project in one.projects for one in contexts)
        return covered and (self.associates or identity not in self._new or (identity, project) in self.associated)

    @property
    def _new(self) -> set[str]:
        return set(self.contexts)

    def routes(self, api: Blueprint, root: str) -> None:
        api.post(f"{root}/project")(self.add_project)
        api.delete(f"{root}/project/<key>")(self.drop_project)
        api.post(f"{root}/field/<identity>/trash")(self.trash)
        api.get(f"{root}/field/<identity>/context")(self.all_contexts)
        api.post(f"{root}/field/<identity>/context")(self.add_context)
        api.delete(f"{root}/field/<identity>/context/<context>")(self.drop_context)
        api.get(f"{root}/field/<identity>/context/projectmapping")(self.context_projects)
        api.get(f"{root}/field/<identity>/context/<context>/option")(self.options)
        api.post(f"{root}/field/<identity>/context/<context>/option")(self.add_options)
        api.get(f"{root}/issuetypescreenscheme/project")(self.screen_schemes_of)
        api.get(f"{root}/issuetypescreenscheme/mapping")(self.screen_scheme_items)
        api.get(f"{root}/screenscheme")(self.screen_schemes)
        api.get(f"{root}/config/fieldschemes/projects")(self.field_schemes_of)
        api.put(f"{root}/config/fieldschemes/fields")(self.put_in_schemes)
        api.put(f"{root}/field/association")(self.associate)
        self.screen_routes(api, root)

    def screen_routes(self, api: Blueprint, root: str) -> None:
        """What both deployments have."""
        api.get(f"{root}/screens")(self.all_screens)
        api.get(f"{root}/screens/<int:screen>/tabs")(self.tabs)
        api.get(f"{root}/screens/<int:screen>/tabs/<int:tab>/fields")(self.tab_fields)
        api.post(f"{root}/screens/<int:screen>/tabs/<int:tab>/fields")(self.add_to_tab)
        api.delete(f"{root}/screens/<int:screen>/tabs/<int:tab>/fields/<identity>")(self.drop_from_tab)

    # --- projects ----------------------------------------------------------------------------------

    def add_project(self) -> tuple[Response, int]:
        """With a simplified workflow: into each status from every other one."""
        if "ADMINISTER" in self._site.withheld:
            raise Refusal(403, "You must have the global administrator right to create projects.")
        body = request.get_json()
        names = (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"))
        statuses = tuple(Status(str(900 + n), name, category) for n, (name, category) in enumerate(names))
        moves = [Transition(str(11 + n), name, name) for n, (name, _) in enumerate(names)]
        made = self._site.add_project(body["key"], body["name"], Workflow(f"{body['key']} workflow", statuses, moves))
        return jsonify({"id": int(made.id), "key": made.key, "self": ""}), 201

    def drop_project(self, key: str) -> tuple[str, int]:
        """Its issues go with it."""
        if self._site.projects.pop(key, None) is None:
            raise Refusal(404, f"No project could be found with key '{key}'.")
        for issue in [one for one in self._site.issues.values() if one.project == key]:
            del self._site.issues[issue.id]
        return "", 204

    # --- fields ------------------------------------------------------------------------------------

    def refuse_beyond_limit(self) -> None:
        """Custom fields with a context for everything count in every space that is not team-managed.

        https://support.atlassian.com/jira-cloud-administration/docs/data-limits-and-guardrails
        """
        for project in self._site.projects.values():
            if project.team_managed:
                continue
            others = [one for one in self._site.fields.values() if one.id.startswith("customfield_")]
            counted = sum(not one.project and self._counts_in(one.id, project.id) for one in others)
            if counted >= MOST_FIELDS:
                raise Refusal(400, f"The space {project.key} has {MOST_FIELDS} fields already, which is the limit.")

    def _counts_in(self, identity: str, project: str) -> bool:
        contexts = self.contexts.get(identity)
        return contexts is None or any(not one.projects or project in one.projects for one in contexts)

    def on_field_created(self, identity: str, projects: list[str] | None = None) -> None:
        """A new field has a context for everything."""
        self.contexts[identity] = [Context(str(next(self._ids)), "Default Configuration Scheme", projects or [])]

    def trash(self, identity: str) -> tuple[Response, int]:
        if identity not in self._site.fields:
            raise Refusal(404, "The custom field was not found.")
        field = self._site.fields.pop(identity)
        self.trashed[identity] = field.name
        for screen in self.screens.values():
            screen.fields = [one for one in screen.fields if one != identity]
        return jsonify({}), 200

    def all_contexts(self, identity: str) -> Response:
        shown = [
            {
                "id": one.id, "name": one.name, "description": "",
                "isGlobalContext": not one.projects, "isAnyIssueType": True,
            }
            for one in self._contexts(identity)
        ]  # fmt: skip
        return _page(shown)

    def _contexts(self, identity: str) -> list[Context]:
        if identity not in self._site.fields:
            raise Refusal(404, "The custom field was not found.")
        if identity not in self.contexts:
            self.contexts[identity] = [Context(str(next(self._ids)), "Default Configuration Scheme")]
        return self.contexts[identity]

    def context_projects(self, identity: str) -> Response:
        shown: list[Mapping[str, object]] = []
        for one in self._contexts(identity):
            if not one.projects:
                shown.append({"contextId": one.id, "isGlobalContext": True})
            shown += [{"contextId": one.id, "projectId": project} for project in one.projects]
        return _page(shown)

    def add_context(self, identity: str) -> tuple[Response, int]:
        body = request.get_json()
        if self.refuses_contexts:
            raise Refusal(400, "The context cannot be added.")
        made = Context(str(next(self._ids)), body["name"], [str(one) for one in body.get("projectIds") or []])
        self._contexts(identity).append(made)
        return jsonify({"id": made.id, "name": made.name, "projectIds": made.projects, "issueTypeIds": []}), 201

    def drop_context(self, identity: str, context: str) -> tuple[str, int]:
        known = self._contexts(identity)
        if all(one.id != context for one in known):
            raise Refusal(404, "The context was not found.")
        self.contexts[identity] = [one for one in known if one.id != context]
        return "", 204

    def options(self, identity: str, context: str) -> Response:
        names = self._site.fields[identity].options
        shown = [{"id": option_id(identity, n), "value": name, "disabled": False} for n, name in enumerate(names)]
        del context
        return _page(shown)

    def add_options(self, identity: str, context: str) -> Response:
        del context
        known = self._site.fields[identity]
        requested = [one["value"] for one in request.get_json()["options"]]
        if set(requested) & set(known.options):
            raise Refusal(400, "An option with this value exists already.")
        self._site.fields[identity] = replace(known, options=(*known.options, *requested))
        names = self._site.fields[identity].options
        made = [{"id": option_id(identity, names.index(one)), "value": one, "disabled": False} for one in requested]
        return jsonify({"options": made})

    # --- screens -----------------------------------------------------------------------------------

    def all_screens(self) -> Response:
        text = request.args.get("queryString") or request.args.get("search") or ""
        shown = [
            {"id": one.id, "name": one.name, "description": ""}
            for one in self.screens.values()
            if text.lower() in one.name.lower()
        ]
        return _page(shown)

    def tabs(self, screen: int) -> Response:
        self._screen(screen)
        return jsonify([{"id": screen * 10, "name": "Field Tab"}])

    def tab_fields(self, screen: int, tab: int) -> Response:
        del tab
        names = {identity: known.name for identity, known in self._site.fields.items()}
        return jsonify([{"id": one, "name": names.get(one, one)} for one in self._screen(screen).fields])

    def add_to_tab(self, screen: int, tab: int) -> Response:
        del tab
        identity = request.get_json()["fieldId"]
        home = self._screen(screen)
        if identity not in self._site.fields:
            raise Refusal(400, f"The field {identity} does not exist.")
        if identity in home.fields:
            raise Refusal(400, f"The field with id {identity} already exists on the screen.")
        home.fields.append(identity)
        return jsonify({"id": identity, "name": self._site.fields[identity].name})

    def drop_from_tab(self, screen: int, tab: int, identity: str) -> tuple[str, int]:
        del tab
        home = self._screen(screen)
        if identity not in home.fields:
            raise Refusal(404, "The field is not on the screen.")
        home.fields.remove(identity)
        return "", 204

    def _screen(self, number: int) -> Screen:
        if number not in self.screens:
            raise Refusal(404, f"Screen with id {number} does not exist.")
        return self.screens[number]

    def screen_schemes_of(self) -> Response:
        requested = request.args.getlist("projectId")
        shown = [
            {"issueTypeScreenScheme": {"id": project.id, "name": f"{project.key} scheme"}, "projectIds": [project.id]}
            for project in self._site.projects.values()
            if project.id in requested and not project.team_managed
        ]
        return _page(shown)

    def screen_scheme_items(self) -> Response:
        requested = request.args.getlist("issueTypeScreenSchemeId")
        shown = [{"issueTypeScreenSchemeId": one, "issueTypeId": "default", "screenSchemeId": one} for one in requested]
        return _page(shown)

    def screen_schemes(self) -> Response:
        requested = request.args.getlist("id")
        keys = {project.id: key for key, project in self._site.projects.items()}
        shown = [
            {"id": int(one), "name": f"{keys[one]} screens", "screens": self._screens_of(keys[one])}
            for one in requested or list(keys)
            if keys.get(one) in self.screen_of
        ]
        return _page(shown)

    def _screens_of(self, key: str) -> dict[str, int]:
        view = {"view": self.view_screen_of[key]} if key in self.view_screen_of else {}
        return {"default": self.screen_of[key], **view}

    # --- field schemes -----------------------------------------------------------------------------

    def field_schemes_of(self) -> Response:
        if not self.schemes:
            raise Refusal(404, "Not found")
        requested = request.args.getlist("projectId")
        return _page([{"projectId": int(one), "schemeId": int(one)} for one in requested])

    def put_in_schemes(self) -> tuple[str, int]:
        if not self.schemes:
            raise Refusal(404, "Not found")
        for identity, items in request.get_json().items():
            self.associated |= {(identity, str(scheme)) for one in items for scheme in one["schemeIds"]}
        return "", 204

    def associate(self) -> tuple[str, int]:
        body = request.get_json()
        for one in body["fields"]:
            for context in body["associationContexts"]:
                self.associated.add((str(one["identifier"]), str(context["identifier"])))
        return "", 204


def field_of(body: Mapping[str, object]) -> tuple[str, str]:
    """Name and type of a field to create.  Raises Refusal 400."""
    name, kind = str(body.get("name") or ""), str(body.get("type") or "").rpartition(":")[2]
    if not name or kind not in SCHEMA:
        raise Refusal(400, fields={"type": f"The custom field type '{body.get('type')}' is not valid."})
    return name, kind


def issue_types_of(site: JiraSite) -> Response:
    """``GET /issuetype/project``."""
    shapes = IssueSerializer(site)
    return jsonify([shapes.issue_type(name) for name in TYPES])


def _page(values: Sequence[Mapping[str, object]]) -> Response:
    start = int(request.args.get("startAt", 0))
    size = int(request.args.get("maxResults", 50))
    page = values[start : start + size]
    last = start + size >= len(values)
    return jsonify({"startAt": start, "maxResults": size, "total": len(values), "isLast": last, "values": page})
