"""The mapping's pages on real items: read, drafted, previewed, activated, followed, rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.people.permissions import Role
from connector.store.mapping_versions.drafts import MappingDrafts
from connector.store.mapping_versions.versions import MappingConflict, MappingState
from mapping.field_help import FIELD_HELP
from mapping.guided import LIST_PATHS, TEXT_PATHS, read_form
from mapping.load import LoadedMapping, format_path, load_mapping
from tests.conftest import ROOT
from tests.databases import Databases
from tests.stories.simulation import Simulation, simulation
from tests.webhook_server.signed_in_browser import SignedInBrowser, browser, hidden, page_text
from webhook_server.admin.mapping_guided import MODELS

STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
ITX_ONLY = STORY.replace("project: [ITX, CLOUD]", "project: [ITX]")
BROKEN = STORY.replace("owner: Assignee", "ownr: Assignee", 1)


@dataclass
class Desk:
    scene: Simulation
    admin: SignedInBrowser

    def save(self, source: str, revision: int = 0, based_on: int | None = 1) -> str:
        found = self.admin.update("/mapping/draft", source=source, revision=revision, based_on=based_on)
        assert found.status_code == 200, found.text
        return page_text(found)

    def activate(self, what: str | int = "draft", reason: str = "fewer projects"):  # type: ignore[no-untyped-def]
        page = self.admin.get(f"/mapping/activate?candidate={what}")
        form = {name: hidden(page, name) for name in ("candidate", "fingerprint", "active")}
        return self.admin.post("/mapping/activate", **form, reason=reason)


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One world for the questions that change nothing."""
    with databases.one() as database, simulation(database, tmp_path_factory.mktemp("desk")) as scene:
        yield _furnished(scene)


@pytest.fixture
def own(database: URL, tmp_path: Path) -> Iterator[Desk]:
    """A world of one's own, to change."""
    with simulation(database, tmp_path) as scene:
        yield _furnished(scene)


def _furnished(scene: Simulation) -> Desk:
    for project in ("ITX", "ITX", "CLOUD"):
        scene.sandbox.jira.create(
            project, "Epic", f"An idea of {project}", by="kaya", assignee="osei", values={"Program": "Exit"}
        )
    scene.sandbox.jira.create("SUP", "Task", "Not governed", by="kaya")
    scene.run_until_idle()
    return Desk(scene, browser(scene.services, Role.ADMINISTRATOR))


def test_the_first_line_says_what_is_active(desk: Desk) -> None:
    text = desk.admin.text("/mapping")
    assert "Version 1 is active since " in text
    assert ", with 4 rules." in text
    assert "epics jira-main project ITX, CLOUD type Epic 5 12 comment" in text


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (Role.OFFICE, "/mapping", 200),
        (Role.OPERATOR, "/mapping/versions/1", 200),
        (Role.OPERATOR, "/mapping/progress/1", 200),
        (Role.OFFICE, "/mapping/edit", 403),
        (Role.OPERATOR, "/mapping/activate?candidate=1", 403),
        (Role.OFFICE, "/mapping/guided", 403),
        (Role.OFFICE, "/setup", 403),
        (Role.VIEWER, "/mapping", 403),
        (Role.OWNER, "/connections", 403),
        (Role.OFFICE, "/connections", 200),
    ],
)
def test_the_office_and_operators_look_and_administrators_change(
    desk: Desk, role: Role, path: str, status: int
) -> None:
    somebody = browser(desk.scene.services, role, name=f"Some {role.value}")
    assert somebody.get(path).status_code == status


@pytest.mark.parametrize("path", ["/mapping/draft", "/mapping/preview", "/mapping/activate", "/mapping/check"])
def test_only_administrators_change_and_only_with_the_forms_token(desk: Desk, path: str) -> None:
    office = browser(desk.scene.services, Role.OFFICE, name="An office")
    assert office.post(path, source=STORY).status_code == 403
    assert desk.admin.client.post(path, data={"source": STORY}).status_code == 400


def test_who_may_only_look_is_offered_nothing_to_change(desk: Desk) -> None:
    text = browser(desk.scene.services, Role.OFFICE, name="An office").text("/mapping")
    assert "Guided form" not in text
    assert "Restore" not in text


def test_problems_have_their_line_column_and_hint(desk: Desk) -> None:
    headers = {"X-CSRFToken": desk.admin.token, "Content-Type": "text/plain"}
    found = desk.admin.client.post("/mapping/check", data=BROKEN.encode(), headers=headers).get_json()["problems"]
    assert found == [
        {"line": 13, "column": 5, "path": "measures[0].roles.owner", "message": "this key is missing.", "hint": ""},
        {
            "line": 13,
            "column": 13,
            "path": "measures[0].roles.ownr",
            "message": "this key is not known here.",
            "hint": 'Did you mean "owner"?',
        },
    ]  # fmt: skip


def test_names_come_from_the_tool(desk: Desk) -> None:
    found = desk.admin.get("/mapping/names?connection=jira-main").get_json()
    assert found["projects"] == ["CLOUD", "ITX", "SUP"]
    assert {"name": "Sponsor", "kind": "person", "editable": True} in found["fields"]
    assert "Backlog" in found["statuses"]
    assert desk.admin.get("/mapping/names?connection=nope").status_code == 404


def test_the_preview_shows_present_and_would_be_on_real_items(desk: Desk) -> None:
    wider = STORY.replace("project: [ITX, CLOUD]", "project: [SUP, ITX]").replace("type: [Epic]", "type: [Epic, Task]")
    text = page_text(desk.admin.update("/mapping/preview", source=wider, items="SUP-1, itx-1 CLOUD-1"))
    assert text.startswith(
        "3 of 3 items: 1 would no longer be a measure, 1 new, 1 stays as it is. Nothing was written."
    )
    assert "CLOUD-1 An idea of CLOUD dropped no rule takes CLOUD-1 (Epic in CLOUD, Backlog)." in text
    assert "SUP-1 Not governed new ■ blocked" in text
    assert "Gate – Blocked" in text


@pytest.mark.parametrize(
    ("source", "items", "message"),
    [
        (BROKEN, "", "The text has 2 problems, shown under the editor. Real items appear here again when "
                     "they are corrected."),
        (STORY.replace("connection: jira-main", "connection: jira-two"), "",
         "The mapping names jira-two, which is no connection. There are jira-main, servicenow-main."),
        (STORY, "ITX-999", "The tool shows no item with this key: ITX-999."),
    ],
)  # fmt: skip
def test_what_cannot_be_previewed_says_why(desk: Desk, source: str, items: str, message: str) -> None:
    assert page_text(desk.admin.update("/mapping/preview", source=source, items=items)) == message


def test_a_mapping_is_checked_against_the_tools_rule_by_rule(desk: Desk) -> None:
    wrong = STORY.replace("rough_value: Rough value", "rough_value: Rough valeu", 1)
    text = page_text(desk.admin.update("/mapping/check-rules", source=wrong))
    assert 'measures[0].facts.rough_value: no field is called "Rough valeu". Did you mean "Rough value"?' in text
    assert "Rules: 1 of 4 (25%)" in text
    last = page_text(desk.admin.update("/mapping/check-rules", source=wrong, rule=3, problem_count=1))
    assert last.endswith("1 name or setting does not fit. Correct this before activating.")


def test_a_status_in_which_work_is_done_and_that_no_rule_names_is_warned_of_on_both_pages(own: Desk) -> None:
    unnamed = STORY.replace("implemented, Closed: closed}", "implemented}", 1)
    said = (
        'measures[0].stage.from_status: work in the status "Closed" is done in jira-main, and the rule does not say which '
        "stage that is."
    )
    checked = page_text(own.admin.update("/mapping/check-rules", source=unnamed))
    assert "epics: ✓ fits jira-main 1 warning: what the rule leaves open Line 32" in checked
    assert said in checked
    own.save(unnamed)
    shown = own.admin.text("/mapping/activate/check?candidate=draft")
    assert "✓ The mapping fits its tools. 1 warning: what the mapping leaves open Line 32" in shown
    assert f"{said} An item that is moved there is not in breach and is not moved back: its stage is unknown" in shown
    assert "Why it is activated all the same" not in shown


def test_a_weak_policy_is_warned_of_where_it_is_written_and_where_it_is_activated(own: Desk) -> None:
    said = "policy.slip_days: the work may be a year late before anybody is asked why."
    assert said not in own.admin.text("/mapping")
    weak = STORY.replace("hurdle: 100000", "hurdle: 100000, slip_days: 400")
    shown = own.save(weak)
    assert "The text is valid." in shown
    assert said in shown
    assert said in own.admin.text("/mapping/edit")
    assert said in own.admin.text("/mapping/activate?candidate=draft")
    assert own.activate().status_code == 303
    assert said in own.admin.text("/mapping")
    assert said in own.admin.text("/mapping/versions/2")


def test_a_draft_is_saved_and_a_second_window_gets_a_conflict(own: Desk) -> None:
    assert own.save(ITX_ONLY).startswith("Saved at ")
    assert "2 problems" in own.save(BROKEN, revision=1)
    conflict = own.save(ITX_ONLY.replace("hurdle: 100000", "hurdle: 5"), revision=1)
    assert conflict.startswith("Your draft was saved elsewhere at ")
    assert "Nothing is lost: the saved draft was not overwritten" in conflict
    (draft,) = MappingDrafts(own.scene.services.engine).all()
    assert (draft.source, draft.revision, draft.author) == (BROKEN, 2, "Maria Brandt")
    assert "Continue your draft" in own.admin.text("/mapping")


def test_both_differences_are_shown_when_somebody_else_activates_meanwhile(own: Desk) -> None:
    services = own.scene.services
    own.save(STORY.replace("hurdle: 100000", "hurdle: 5"))
    page = own.admin.get("/mapping/activate?candidate=draft")
    form = {name: hidden(page, name) for name in ("candidate", "fingerprint", "active")}
    loaded = load_mapping(ITX_ONLY)
    assert isinstance(loaded, LoadedMapping)
    services.mappings.activate(ITX_ONLY, loaded.version, author="A. Weber", reason="fewer")
    answer = own.admin.post("/mapping/activate", **form, reason="mine")
    assert answer.status_code == 409
    assert "Version 2 by A. Weber has become active meanwhile. Compare the versions and decide again." in page_text(
        answer
    )
    text = own.admin.text("/mapping/edit")
    assert "A. Weber has activated version 2 since you started from version 1." in text
    assert 'They changed Rule epics: match.project is now "ITX"; it was "ITX" or "CLOUD".' in text
    assert 'You changed Policy.hurdle is now "5"; it was "100000".' in text
    assert (own.scene.services.mappings.active() or page).source == ITX_ONLY  # type: ignore[union-attr]
    with pytest.raises(MappingConflict):
        services.mappings.activate(STORY, "x", author="B", reason="late", instead_of=1)


def test_a_draft_is_previewed_activated_followed_and_rolled_back(own: Desk) -> None:
    services = own.scene.services
    own.save(ITX_ONLY)
    page = own.admin.get("/mapping/activate?candidate=draft")
    assert (
        "Your draft changes 1 rule or setting compared with the active version 1. All 4 known items would be reassessed."
        in (page_text(page))
    )
    assert 'Rule epics: match.project is now "ITX"; it was "ITX" or "CLOUD".' in page_text(page)
    tally = page_text(own.admin.update("/mapping/activate/preview", candidate="draft", scope="all"))
    assert tally.startswith("Items previewed: 4 of 4 (100%)")
    assert "No longer measures 1" in tally
    assert "CLOUD-1 An idea of CLOUD: no rule takes CLOUD-1" in tally

    unreasoned = own.activate(reason=" ")
    assert unreasoned.status_code == 422
    assert "Give a reason for the record: people read it years later." in page_text(unreasoned)
    done = own.activate()
    assert (done.status_code, done.location) == (303, "/mapping/progress/2")
    own.scene.run_until_idle()
    text = own.admin.text("/mapping/progress/2")
    assert "Items assessed: 4 of 4 (100%)" in text
    assert "All 4 items have been assessed under version 2." in text
    (dropped,) = services.measures.find("CLOUD-1")
    assert dropped.unmapped_reason == "no rule takes CLOUD-1 (Epic in CLOUD, Backlog)"
    assert own.admin.get("/mapping/activate?candidate=draft").status_code == 404, "the draft ended with its activation"

    back = own.admin.get("/mapping/activate?candidate=1")
    assert "Former version 1 changes 1 rule or setting compared with the active version 2" in page_text(back)
    assert own.activate(1, "too early").location == "/mapping/progress/3"
    own.scene.run_until_idle()
    active = services.mappings.active()
    assert active is not None
    assert (active.restores, active.source, active.reason) == (1, STORY, "too early")
    reasons = [(entry.actor, entry.detail.get("reason")) for entry in services.audit.entries("mapping")]
    who = "Maria Brandt (brandt@nordbank.example)"
    assert reasons[1:] == [(who, "fewer projects"), (who, "too early")]
    history = own.admin.text("/mapping")
    assert "too early Maria Brandt (brandt@nordbank.example), " in history
    assert "restores version 1" in history


def test_what_does_not_fit_the_tools_is_activated_with_a_reason_alone(own: Desk) -> None:
    own.save(STORY.replace("sponsor: Sponsor", "sponsor: Patron", 1), based_on=1)
    shown = own.admin.text("/mapping/activate/check?candidate=draft")
    assert "not fit the tools." in shown
    assert 'no field is called "Patron"' in shown
    refused = own.activate(reason="renamed")
    assert (refused.status_code, "Without a reason it is not activated." in page_text(refused)) == (422, True)
    page = own.admin.get("/mapping/activate?candidate=draft")
    form = {name: hidden(page, name) for name in ("candidate", "fingerprint", "active")}
    done = own.admin.post("/mapping/activate", **form, reason="renamed", override="the field comes tonight")
    assert done.status_code == 303
    active = own.scene.services.mappings.active()
    assert active is not None
    assert active.override == "the field comes tonight"
    assert "although it did not fit its tools: the field comes tonight" in own.admin.text("/mapping")


def test_moving_back_says_what_it_finds_past_its_gate_and_asks(own: Desk) -> None:
    services = own.scene.services
    with services.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE measure SET gate = 'breach' WHERE rule = 'epics'")
    own.save(STORY.replace("enforce: comment", "enforce: revert"))
    page = own.admin.get("/mapping/activate?candidate=draft")
    assert (
        "From this version on, items of epics that go past a shut gate are moved back. 3 items are known to be past one "
        "already. Move back what is past its gate already, too. Otherwise it is only reported."
    ) in page_text(page)
    form = {name: hidden(page, name) for name in ("candidate", "fingerprint", "active")}
    own.admin.post("/mapping/activate", **form, reason="order", move_existing="yes")
    active = services.mappings.active()
    assert active is not None
    assert (active.number, active.moving_starts) == (2, {})
    own.activate(1, "not yet")
    own.save(STORY.replace("enforce: comment", "enforce: revert"))
    own.activate(reason="report only")
    active = services.mappings.active()
    assert active is not None
    assert list(active.moving_starts) == ["epics"]


def test_a_text_that_was_changed_after_its_page_was_opened_is_not_activated(own: Desk) -> None:
    own.save(ITX_ONLY)
    page = own.admin.get("/mapping/activate?candidate=draft")
    form = {name: hidden(page, name) for name in ("candidate", "fingerprint", "active")}
    own.save(STORY.replace("hurdle: 100000", "hurdle: 5"), revision=1)
    answer = own.admin.post("/mapping/activate", **form, reason="fewer")
    assert answer.status_code == 409
    assert "The text was changed after you opened this page. This is the present text." in page_text(answer)
    assert [one.state for one in own.scene.services.mappings.all()] == [MappingState.ACTIVE]


def test_a_paused_connection_explains_why_nothing_moves(own: Desk) -> None:
    services = own.scene.services
    services.connections.pause(services.connections.all()[0].name, "the credentials are refused.", None)
    own.save(ITX_ONLY)
    own.activate()
    text = own.admin.text("/mapping/progress/2")
    assert "0 of 4 items have been assessed under version 2" in text or "Items assessed: 0 of 4 (0%)" in text
    assert "jira-main is paused: the credentials are refused. Its 4 items wait." in text
    assert "You may leave this page: the work continues, and this page shows its progress when you come back." in text


def test_the_form_shows_a_rule_and_writes_only_what_was_changed(own: Desk) -> None:
    page = own.admin.get("/mapping/guided")
    text = page_text(page)
    assert "Rule 1 of 4, epics. 3 parts are written by hand and stay unchanged." in text
    assert "legacy {services: Legacy services, connection: servicenow-main, end_column: Retirement date}" in text
    form = _form_of(own, 0) | {"roles.sponsor": "Executive sponsor"}
    answer = own.admin.post("/mapping/guided", rule=0, revision=0, then="edit", **form)
    assert (answer.status_code, answer.location) == (303, "/mapping/edit")
    (draft,) = MappingDrafts(own.scene.services.engine).all()
    assert draft.source == STORY.replace("sponsor: Sponsor", "sponsor: Executive sponsor", 1)
    assert 'Rule epics: roles.sponsor is now "Executive sponsor"; it was "Sponsor".' in own.admin.text("/mapping/edit")


def test_the_form_adds_a_further_role_and_the_gate_that_asks_for_it(own: Desk) -> None:
    answer = own.admin.post(
        "/mapping/guided", rule=0, revision=0, further="1", further_key=["Risk owner", ""],
        further_field=["Sponsor", ""], further_label=["Risk officer", ""], further_gates_0=["decided"],
        **_form_of(own, 0),
    )  # fmt: skip
    assert answer.status_code == 303, page_text(answer)
    (draft,) = MappingDrafts(own.scene.services.engine).all()
    (role,) = read_form(draft.source, 0).further
    assert (role.key, role.field, role.label, role.gates) == ("risk_owner", "Sponsor", "Risk officer", ("decided",))
    page = own.admin.get("/mapping/guided").text
    assert 'name="further_key" value="risk_owner"' in page
    assert 'name="further_gates_0" value="decided" checked' in page
    refused = own.admin.post(
        "/mapping/guided", rule=0, revision=1, further="1", further_key=["owner"], further_field=["Sponsor"],
        further_label=[""], **_form_of(own, 0),
    )  # fmt: skip
    assert refused.status_code == 422
    assert '"owner" is a role of every measure.' in page_text(refused)


def test_the_form_keeps_nothing_that_would_be_a_problem(own: Desk) -> None:
    form = _form_of(own, 0) | {"write.gate": "Plan net"}
    answer = own.admin.post("/mapping/guided", rule=0, revision=0, **form)
    assert answer.status_code == 422
    assert 'the field "Plan net" already receives gate.' in page_text(answer)
    assert MappingDrafts(own.scene.services.engine).all() == ()


def _form_of(desk: Desk, rule: int) -> dict[str, object]:
    """What a browser would send back unchanged."""
    found = read_form(STORY, rule)
    return {
        **{format_path(path): found.texts[path] for path in TEXT_PATHS},
        **{format_path(path): ", ".join(found.lists[path]) for path in LIST_PATHS},
        "status": list(found.stages),
        "stage": list(found.stages.values()),
    }


def test_every_field_of_the_form_has_a_help_text_under_the_name_that_the_file_uses() -> None:
    for path in (*LIST_PATHS, *TEXT_PATHS):
        assert path[-1] in FIELD_HELP[MODELS.get(path[0], "MeasureRule")], path
