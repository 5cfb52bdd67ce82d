"""The 23 traps that break products of this kind (reference, section 7): each has a test that names it, or a reason."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

TRAPS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("echo loops", ("stories/test_connect.py::test_an_event_that_repeats_gateposts_own_write_is_ignored",)),
    2: (
        "field overwrite, lost updates",
        ("mapping/test_writeback.py::test_a_field_that_the_rule_does_not_name_is_not_written",
         "stories/test_scenarios.py::the_hidden_edit"),
    ),
    3: (
        "moved or renamed keys",
        ("stories/test_sweep.py::test_an_issue_that_moved_is_the_same_measure_under_both_keys",),
    ),
    4: (
        "lost, late, doubled, reordered webhooks",
        ("stories/test_sweep.py::test_a_lost_event_is_found_by_the_next_sweep_and_only_what_changed_is_read",
         "faults/test_tool.py::test_doubled_and_shuffled_events_change_nothing"),
    ),
    5: (
        "trusting the payload; 5xx for a poison message",
        ("webhook_server/test_webhooks.py::test_a_nul_in_an_event_is_not_answered_with_a_5xx",
         "stories/test_real_input.py::test_every_captured_jira_body_is_accepted_or_refused_for_a_stated_reason"),
    ),
    6: (
        "API removal and drift",
        ("contract/test_exchanges.py::test_all_requests_to_cloud_are_as_described",
         "contract/test_jira.py::test_the_removed_search_is_gone",
         "stories/test_provision.py::test_a_field_that_no_scheme_of_the_project_has_is_associated"),
    ),
    7: (
        "provisioned field not settable",
        ("stories/test_provision.py::test_missing_objects_are_created_and_verified_and_the_second_run_changes_nothing",),
    ),
    8: (
        "field ids and names differ, duplicates by scope",
        ("connector/jira/test_fields.py::test_a_team_managed_projects_own_field_is_used_for_its_issues",
         "stories/test_provision.py::test_two_fields_of_one_name_need_a_persons_decision"),
    ),
    9: (
        "rate limits by reason",
        ("faults/test_jira_writes.py::test_each_reason_of_a_limit_closes_its_own_scope",
         "connector/store/queue/test_rate_limits.py::test_a_limit_closes_its_own_scope_for_every_worker",
         "connector/http/test_transport.py::test_a_429_is_an_error_at_once_without_a_sleep"),
    ),
    10: (
        "deleted, archived, permission lost",
        ("stories/test_sweep.py::test_a_deleted_issue_keeps_its_measure_which_says_since_when_and_why",
         "stories/test_sweep.py::test_an_archived_and_a_hidden_project_come_back",
         "stories/test_sweep.py::test_rejected_credentials_make_no_measure_unreachable"),
    ),
    11: (
        "one bad record blocks the queue",
        ("faults/test_tool.py::test_a_value_that_the_tool_refuses_makes_a_dead_letter_of_that_write_alone",),
    ),
    12: (
        "silent errors, no visibility",
        ("stories/test_connect.py::test_the_doctor_finds_problems_and_says_what_to_do",
         "stories/test_write_back.py::test_a_mark_that_cannot_be_set_is_reported_and_the_fields_are_written"),
    ),
    13: (
        "transitions: ids, screens, our own gates block our account",
        ("stories/test_native_gates.py::test_gateposts_own_account_passes_its_own_gates",
         "stories/test_write_back.py::test_a_workflow_without_a_way_back_is_reported"),
    ),
    14: (
        "stale search after an own write",
        ("contract/test_jira.py::test_gatepost_sends_what_is_described_and_nothing_deprecated",),
    ),
    15: (
        "token expiry, scoped address, lost licence",
        ("stories/test_connect.py::test_a_scoped_token_works_at_the_gateway_and_the_doctor_reports_it",
         "stories/test_connect.py::test_oauth_with_dynamic_webhooks_renewed_tokens_and_extended_webhooks",
         "faults/test_tool.py::test_expired_credentials_pause_the_connection_and_lose_nothing"),
    ),
    16: (
        "project and mapping changes",
        ("stories/test_mapping_life.py::test_a_preview_by_jql_shows_what_becomes_a_measure",
         "connector/store/reconcile/test_assessment_store.py::test_an_item_that_leaves_the_mapping_keeps_its_measure_and_its_writes_end"),
    ),
    17: ("rich text of people destroyed", ("stories/test_write_back.py::test_a_flag_and_a_link_that_people_set_stay",)),
    18: (
        "notification storms",
        ("stories/test_write_back.py::test_one_value_for_many_issues_is_written_in_one_bulk_edit",),
    ),
    19: (
        "several webhooks, doubled events",
        ("stories/test_connect.py::test_cloud_with_an_api_token_is_connected_once_and_an_event_comes_back",),
    ),
    20: (
        "time zones and minutes in queries",
        ("stories/test_sweep.py::test_the_time_zone_of_the_account_is_respected",
         "connector/jira/test_scanner.py::test_no_change_is_missed_whichever_reading_the_tool_uses"),
    ),
    21: (
        "wide indirect updates",
        ("stories/test_story.py::test_an_item_that_has_not_changed_is_not_written",),
    ),
    22: (
        "automation quotas as a delivery path",
        ("stories/test_connect.py::test_a_webhook_endpoint_for_jira_automation_accepts_its_token_and_nothing_else",),
    ),
    23: (
        "items that existed before",
        ("stories/test_sweep.py::test_the_tick_starts_a_sweep_when_it_is_due_and_once_an_hour_that_of_money",),
    ),
}  # fmt: skip
"""Number to name and the tests that cover it."""

REASONS = {
    2: "Jira has no If-Match: between our read and our write somebody else may write; owned fields are nobody else's.",
    14: "Gatepost reads by id and never searches for what it has just written; children are read, not written.",
    17: "Gatepost writes into no rich text of people: its fields are its own, its comment is its own.",
    18: "Bulk edits ask for no mails; for a single edit notifyUsers=false needs administration and can fail the call.",
}
"""Where the trap is avoided by what Gatepost does not do."""


@pytest.mark.parametrize("number", range(1, 24))
def test_each_trap_has_an_existing_test(number: int) -> None:
    name, tests = TRAPS[number]
    assert tests, name
    for reference in tests:
        file, _, function = reference.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), reference


def test_a_bulk_edit_asks_for_no_mails() -> None:
    assert '"sendBulkNotification": False' in (ROOT / "connector/jira/bulk.py").read_text(), REASONS[18]
