"""Workflows over REST: read, validate, replace.  An update replaces a whole workflow, and needs its version.

Facts: the vendor's description, and what public tools learned the hard way: every group of conditions needs its
``conditionGroups``, the version must match, and parameters that a rule does not know are stored empty in silence.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request

from sandbox.jira.model import TYPES, Group, Refusal, Rule, Transition, Workflow
from sandbox.jira.site import JiraSite

CATEGORIES = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}
KNOWN_RULES: Mapping[str, tuple[str, ...]] = {
    "system:check-field-value": ("fieldId", "fieldValue", "comparator", "comparisonType"),
    "system:validate-field-value": (
        "ruleType", "fieldsRequired", "ignoreContext", "errorMessage", "fieldKey", "regexp",
    ),
    "system:restrict-from-all-users": ("restrictMode",),
    "system:restrict-issue-transition": ("roleIds", "groupIds"),
}  # fmt: skip
"""System rules of the stand-in with their parameters."""


class WorkflowApi:
    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self.busy = 0
        """How many updates are still answered with "another update is ongoing"."""
        self.lacking_in_teams: set[str] = set()
        """Rules that a team-managed project's workflow cannot have."""
        self.adds_parameters = False
        """Whether the site adds a parameter of its own to the rules that it stores."""

    def routes(self, api: Blueprint, root: str) -> None:
        api.post(f"{root}/workflows")(self.read)
        api.post(f"{root}/workflows/update")(self.update)
        api.post(f"{root}/workflows/update/validation")(self.validate)
        api.add_url_rule(f"{root}/workflow/<identity>/projectUsages", "workflow_projects", self.projects)
        api.get(f"{root}/workflow/<identity>/project/<project>/issueTypeUsages")(self.issue_types)
        api.get(f"{root}/workflows/capabilities")(self.capabilities)

    # --- reading -----------------------------------------------------------------------------------

    def _all(self) -> dict[str, Workflow]:
        found: dict[str, Workflow] = {}
        for project in self._site.projects.values():
            for workflow in (project.workflow, *project.type_workflows.values()):
                found[workflow.id] = workflow
        return found

    def read(self) -> Response:
        self._administrator()
        body = request.get_json()
        workflows: dict[str, Workflow] = {}
        for identity in body.get("workflowIds") or []:
            if identity in self._all():
                workflows[identity] = self._all()[identity]
        names = {identity: name for name, (identity, _) in TYPES.items()}
        for pair in body.get("projectAndIssueTypes") or []:
            project = next((one for one in self._site.projects.values() if one.id == str(pair["projectId"])), None)
            if project is not None:
                workflow = project.workflow_of(names.get(str(pair["issueTypeId"]), ""))
                workflows[workflow.id] = workflow
        return jsonify(self._shown(list(workflows.values())))

    def _shown(self, workflows: list[Workflow]) -> dict[str, object]:
        statuses = {status.id: status for workflow in workflows for status in workflow.statuses}
        return {
            "statuses": [
                {
                    "id": status.id, "name": status.name, "statusCategory": CATEGORIES[status.category],
                    "statusReference": reference(status.id), "scope": {"type": "GLOBAL"}, "description": "",
                }
                for status in statuses.values()
            ],
            "workflows": [self._document(workflow) for workflow in workflows],
        }  # fmt: skip

    def _document(self, workflow: Workflow) -> dict[str, object]:
        ids = {status.name: status.id for status in workflow.statuses}
        return {
            "id": workflow.id,
            "name": workflow.name,
            "description": "",
            "isEditable": True,
            "scope": self._scope(workflow),
            "version": {"id": workflow.version_id, "versionNumber": workflow.version},
            "startPointLayout": {"x": -50.0, "y": -30.0},
            "statuses": [
                {
                    "statusReference": reference(status.id), "deprecated": False,
                    "properties": {"jira.issue.editable": "false"} if status.name in workflow.locked else {},
                    "layout": {"x": 10.0, "y": 10.0 * place},
                }
                for place, status in enumerate(workflow.statuses)
            ],
            "transitions": [
                {
                    "id": transition.id, "name": transition.name, "description": "", "properties": {},
                    "type": "DIRECTED" if transition.sources else "GLOBAL",
                    "toStatusReference": reference(ids[transition.to]),
                    "links": [
                        {"fromStatusReference": reference(ids[source]), "fromPort": 0, "toPort": 1}
                        for source in transition.sources
                    ],
                    "actions": [], "triggers": copy.deepcopy(transition.triggers),
                    "validators": copy.deepcopy(transition.validators),
                    **({"conditions": copy.deepcopy(transition.conditions)} if transition.conditions else {}),
                }
                for transition in workflow.transitions
            ],
        }  # fmt: skip

    def _scope(self, workflow: Workflow) -> dict[str, object]:
        """A team-managed project's workflow belongs to it alone."""
        for project in self._site.projects.values():
            if project.team_managed and workflow in (project.workflow, *project.type_workflows.values()):
                return {"type": "PROJECT", "project": {"id": project.id}}
        return {"type": "GLOBAL"}

    def capabilities(self) -> Response:
        """The rules that a workflow can have."""
        self._administrator()
        workflow = self._all().get(request.args.get("workflowId", ""))
        if workflow is None:
            raise Refusal(404, "The workflow was not found.")
        scope = str(self._scope(workflow)["type"])
        rules = [
            {
                "ruleKey": key,
                "name": key,
                "description": "",
                "incompatibleRuleKeys": [],
                "ruleType": "Condition",
                "isAvailableForInitialTransition": False,
                "isVisible": True,
            }
            for key in KNOWN_RULES
            if not (scope == "PROJECT" and key in self.lacking_in_teams)
        ]
        return jsonify(
            {
                "systemRules": rules,
                "connectRules": [],
                "forgeRules": [],
                "triggerRules": [],
                "editorScope": scope,
                "projectTypes": ["software"],
            }
        )

    def projects(self, identity: str) -> Response:
        using = [
            {"id": project.id}
            for project in self._site.projects.values()
            if any(one.id == identity for one in (project.workflow, *project.type_workflows.values()))
        ]
        return jsonify({"workflowId": identity, "projects": self._usage_page(using)})

    def _usage_page(self, values: list[dict[str, str]]) -> dict[str, object]:
        """Fifty at once, at most 200; the token of the next page is left out of the last one."""
        start = int(request.args.get("nextPageToken") or 0)
        end = start + min(int(request.args.get("maxResults") or 50), 200)
        following = {"nextPageToken": str(end)} if end < len(values) else {}
        return {"values": values[start:end], **following}

    def issue_types(self, identity: str, project: str) -> Response:
        home = next((one for one in self._site.projects.values() if one.id == project), None)
        if home is None:
            raise Refusal(404, "The project was not found.")
        using = [{"id": number} for name, (number, _) in TYPES.items() if home.workflow_of(name).id == identity]
        return jsonify({"workflowId": identity, "projectId": project, "issueTypes": self._usage_page(using)})

    # --- changing ----------------------------------------------------------------------------------

    def _administrator(self) -> None:
        if "ADMINISTER" in self._site.withheld:
            raise Refusal(403, "Only Jira administrators can do this.")

    def validate(self) -> Response:
        self._administrator()
        return jsonify({"errors": list(self._problems(request.get_json()["payload"]))})

    def _problems(self, payload: Mapping[str, object]) -> Iterator[dict[str, object]]:
        for document in _list(payload.get("workflows")):
            if str(document.get("id")) not in self._all():
                yield _problem("WORKFLOW", "The workflow was not found.")
            for transition in _list(document.get("transitions")):
                rules = [*_rules(transition.get("conditions")), *_list(transition.get("validators"))]
                for rule in rules:
                    key = str(rule.get("ruleKey"))
                    if key.startswith("system:") and key not in KNOWN_RULES:
                        yield _problem("RULE", f"The rule {key} is not available.")
                    given = rule.get("parameters")
                    field = given.get("fieldId") or given.get("fieldKey") if isinstance(given, Mapping) else None
                    if field and str(field) not in self._site.fields:
                        yield _problem("RULE", f"The field {field} does not exist.")

    def update(self) -> tuple[Response, int]:
        self._administrator()
        if self.busy > 0:
            self.busy -= 1
            raise Refusal(409, "Another workflow configuration update task is ongoing.")
        payload = request.get_json()
        problems = list(self._problems(payload))
        if problems:
            return jsonify({"errors": problems}), 400
        known, changed = self._all(), []
        for document in payload["workflows"]:
            workflow = known[document["id"]]
            version = document["version"]
            if (version["id"], version["versionNumber"]) != (workflow.version_id, workflow.version):
                raise Refusal(409, "Workflow version and version token must match.")
            names = {reference(status.id): status.name for status in workflow.statuses}
            workflow.transitions = [_transition(one, names) for one in document["transitions"]]
            if self.adds_parameters:
                for rule in (rule for one in workflow.transitions for rule in _rules(one.conditions)):
                    rule["parameters"] = {**rule["parameters"], "negate": "false"}  # type: ignore[dict-item]
            workflow.version += 1
            workflow.version_id = str(uuid4())
            changed.append(workflow)
        return jsonify(self._shown(changed) | {"taskId": None}), 200


def reference(identity: str) -> str:
    """Statuses are named by references of their own inside a document."""
    return f"00000000-0000-0000-0000-{int(identity):012d}"


def _transition(document: Mapping[str, object], names: Mapping[str, str]) -> Transition:
    conditions = document.get("conditions")
    return Transition(
        id=str(document["id"]),
        name=str(document["name"]),
        to=names[str(document["toStatusReference"])],
        sources=tuple(names[str(one["fromStatusReference"])] for one in _list(document.get("links"))),
        conditions=_group(conditions) if isinstance(conditions, dict) else None,
        validators=[_rule(one) for one in _list(document.get("validators"))],
        triggers=_list(document.get("triggers")),
    )


def _group(given: Mapping[str, object]) -> Group:
    if "conditionGroups" not in given or "conditions" not in given:
        # JRACLOUD-82794
        raise Refusal(400, "conditionGroups must not be null.")
    return {
        "operation": str(given["operation"]),
        "conditions": [_rule(one) for one in _list(given["conditions"])],
        "conditionGroups": [_group(one) for one in _list(given["conditionGroups"])],
    }


def _rule(given: Mapping[str, object]) -> Rule:
    """Parameters that the rule does not know vanish; a new rule gets an id."""
    key, parameters = str(given["ruleKey"]), given.get("parameters")
    known_parameters = {
        str(name): str(value)
        for name, value in (parameters.items() if isinstance(parameters, Mapping) else ())
        if key not in KNOWN_RULES or name in KNOWN_RULES[key]
    }
    return {"ruleKey": key, "parameters": known_parameters, "id": str(given.get("id") or uuid4())}


def _rules(group: object) -> list[dict[str, object]]:
    if not isinstance(group, dict):
        return []
    inner = [rule for one in _list(group.get("conditionGroups")) for rule in _rules(one)]
    return [*_list(group.get("conditions")), *inner]


def _list(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _problem(kind: str, message: str) -> dict[str, object]:
    return {"code": "INVALID", "level": "ERROR", "message": message, "type": kind}
