"""The owner's and the controller's way: open tasks, the command with its figures, and what the tool shows then."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import expect

from sandbox.story.scenarios import Scenario, Step
from tests.browser.conftest import PHONE, Opener
from tests.stories.world import World

CRM = "Retire the legacy CRM"
TIERING = ("jira", "Storage tiering")
BOOKED: dict[str, str] = {"DoI stage": "Implemented", "Gate": "Not due"}
LICENCES = ("jira", "Renegotiate the licence estate")


def key_of(gatepost: World, title: str) -> str:
    return gatepost.player.show(("jira", title)).key


def field(gatepost: World, title: str, name: str, wanted: str) -> None:
    """Wait until the tool shows it."""
    gatepost.wait_until(
        lambda: wanted in gatepost.player.show(("jira", title)).fields.get(name, ""), f"{name} is {wanted}"
    )


def test_the_owner_finds_an_open_task_and_gives_the_reason(gatepost: World, visit: Opener) -> None:
    window = visit()
    page = window.sign_in("owner")
    assert page.url.endswith("/work"), "the first page of an owner"
    expect(page.locator(".answer")).to_contain_text(re.compile(r"You have \d+ open tasks, the oldest since "))
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("work-owner-desk")
    key = key_of(gatepost, TIERING[1])
    reasons = page.get_by_role("region", name="Reasons").last
    reasons.get_by_role("link", name=key, exact=True).click()
    expect(page.locator("h1")).to_contain_text("Storage tiering")
    expect(page.locator("#c-months .canvas svg path").first).to_be_attached()
    expect(page.locator("#gate")).to_contain_text("DEVIATION_UNEXPLAINED")
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("measure-desk")
    page.get_by_role("link", name="Give the reason…").click()
    page.get_by_label("Reason").fill("price: the new storage contract costs more")
    window.is_accessible()
    window.screenshot("measure-reason")
    page.get_by_role("button", name="Give the reason").click()
    page.wait_for_url("**?command=*")
    expect(page.locator("#command")).to_contain_text("Reason noted (price: the new storage contract costs more)")
    expect(page.locator("#gate")).not_to_contain_text("DEVIATION_UNEXPLAINED")
    expect(page.locator("#timeline")).to_contain_text("The deviation was explained: price")
    gatepost.wait_until(
        lambda: "DEVIATION_UNEXPLAINED" not in gatepost.player.show(TIERING).fields["Gate blockers"],
        "the tool no longer asks for the reason",
    )


def test_whoever_removes_a_blocking_link_is_named_in_the_timeline(gatepost: World, visit: Opener) -> None:
    blocked, blocker = key_of(gatepost, CRM), key_of(gatepost, LICENCES[1])
    link = {"issue": blocked, "blocker": blocker}

    def blocks() -> bool:
        held = "SELECT 1 FROM work_item WHERE key = :key AND snapshot #>> '{blocking_links,0,key}' = :blocker"
        return bool(gatepost.rows(held, key=blocked, blocker=blocker))

    gatepost.player.act_as("jira", {"as": "kaya", "do": "link", **link})
    gatepost.wait_until(blocks, "the link was read")
    gatepost.player.act_as("jira", {"as": "osei", "do": "unlink", **link})
    gatepost.wait_until(lambda: not blocks(), "it was read that the link is gone")
    window = visit(PHONE)
    page = window.sign_in("office")
    window.go(f"/measures/{blocked}")
    expect(page.locator("#timeline")).to_contain_text(
        f'The blocking link to {blocker} "{LICENCES[1]}" was removed by Kwame Osei, and {blocker} is still open ('
    )
    window.has_no_overflow()
    page.locator("#timeline").screenshot(path=window.shots / "measure-unlinked-phone.png")
    window = visit()
    page = window.sign_in("office")
    window.go(f"/measures/{blocked}")
    page.locator("#timeline").screenshot(path=window.shots / "measure-unlinked-desk.png")


def test_the_owner_approves_and_the_controller_sees_what_is_booked_and_why_it_cannot_close_yet(
    gatepost: World, visit: Opener
) -> None:
    key = key_of(gatepost, LICENCES[1])
    window = visit()
    page = window.sign_in("owner")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=key, exact=True))
    row.get_by_role("link", name="Approve…").click()
    expect(page.locator("h1")).to_have_text("Approve Implemented")
    page.get_by_role("button", name="Approve Implemented").click()
    expect(page.locator("#command")).to_contain_text("Implemented approved by Aylin Kaya as owner.")
    expect(page.locator(".strip [aria-current=step]")).to_contain_text("Implemented")
    field(gatepost, LICENCES[1], "DoI stage", "Implemented")
    booked = Step("kaya", "edit", {"Actual benefit": 400_000, "Actual cost": 180_000})
    moved = Step("kaya", "transition", "Done")
    gatepost.player.play(Scenario("It is done, and its effect is booked", LICENCES, (moved, booked), BOOKED))

    window = visit()
    page = window.sign_in("controller")
    window.go(f"/measures/{key}")
    expect(page.locator("main")).to_contain_text("The plan has not been in steady state for 3 closed months yet")
    expect(page.locator("main")).to_contain_text("Unvalidated")
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot("measure-booked")


@pytest.mark.parametrize(
    "path", ["/work", "/measures/Landing zone", "/measures/Landing zone/actions/approve?stage=decided"]
)
def test_a_phone_and_the_dark_show_the_same(gatepost: World, visit: Opener, path: str) -> None:
    window = visit(PHONE, dark=True)
    window.sign_in("sponsor")
    key = key_of(gatepost, "Move batch jobs off the mainframe")
    window.go(path.replace("Landing zone", key))
    window.is_accessible()
    window.has_no_overflow()
    window.screenshot(f"measure-phone-dark-{path.count('/')}{len(path)}")


def test_the_keyboard_reaches_the_action(gatepost: World, visit: Opener) -> None:
    window = visit()
    page = window.sign_in("sponsor")
    window.go(f"/measures/{key_of(gatepost, 'Move batch jobs off the mainframe')}")
    page.get_by_role("link", name="Cancel the measure…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Cancel the measure")
    expect(page.locator(".answer")).to_contain_text("The measure leaves the portfolio")
    page.get_by_role("link", name="Cancel", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Move batch jobs off the mainframe")


def test_the_page_asks_for_the_ruling_until_a_worker_has_come_to_it(gatepost: World, visit: Opener) -> None:
    window, worker = visit(), gatepost.processes["worker"]
    page = window.sign_in("sponsor")
    window.go(f"/measures/{key_of(gatepost, 'Rightsize idle servers')}/actions/hold")
    page.get_by_label("Reason").fill("the budget is under review")
    worker.send_signal(signal.SIGSTOP)
    try:
        page.get_by_role("button", name="Put on hold").click()
        expect(page.locator("#command")).to_contain_text("not processed yet")
        expect(page.locator("#command")).to_contain_text("/hold the budget is under review")
        with page.expect_response("**/commands/*") as asked:
            pass
        assert asked.value.status == 200, "there is no ruling yet, and it asks again"
        expect(page.locator("#command")).to_contain_text("not processed yet")
        window.is_accessible()
        window.has_no_overflow()
        window.screenshot("measure-pending-command")
    finally:
        worker.send_signal(signal.SIGCONT)
    command = page.locator("#command")
    expect(command).to_contain_text("On hold (the budget is under review) by Martin Brandt as sponsor.", timeout=30_000)
    page.get_by_role("link", name="Resume…").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#command")).to_contain_text("Resumed by Martin Brandt", timeout=30_000)


def test_without_scripts_a_command_is_submitted_as_well(gatepost: World, visit: Opener) -> None:
    window = visit(scripts=False)
    page = window.sign_in("sponsor")
    key = key_of(gatepost, "Rightsize idle servers")
    window.go(f"/measures/{key}/actions/hold")
    page.get_by_label("Reason").fill("the budget is under review")
    page.get_by_role("button", name="Put on hold").click()
    command = page.locator("#command")
    expect(command).to_contain_text("On hold (the budget is under review) by Martin Brandt as sponsor.", timeout=30_000)
    window.go(f"/measures/{key}/actions/resume")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#command")).to_contain_text("Resumed by Martin Brandt", timeout=30_000)
