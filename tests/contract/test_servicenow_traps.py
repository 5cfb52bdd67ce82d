"""The 18 pitfalls that users of such products complain of (reference, section 8): each has a test by name, or a reason."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

TRAPS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "echo loops and doubled comments",
        ("sandbox/servicenow/test_events.py::test_gateposts_own_columns_send_no_event",
         "contract/test_evidence.py::test_gatepost_ignores_commands_in_its_own_comments",
         "contract/test_evidence.py::test_a_work_note_is_added_once_for_one_text"),
    ),
    2: (
        "silent drift: swallowed pages, typos that match everything, hidden rows read as deleted",
        ("connector/servicenow/test_instance.py::test_a_misspelt_column_is_refused_before_it_returns_everything",
         "connector/servicenow/test_instance.py::test_a_table_that_is_closed_to_the_account_is_unknown_and_not_empty",
         "connector/servicenow/test_scanner.py::test_rows_that_an_acl_hides_do_not_end_a_scan_early",
         "stories/test_servicenow_app.py::test_a_record_that_is_deleted_keeps_its_measure_which_says_since_when"),
    ),
    3: (
        "cursors that lose or repeat rows",
        ("connector/servicenow/test_scanner.py::test_every_record_is_scanned_once_page_after_page",
         "connector/servicenow/test_scanner.py::test_only_what_changed_since_then_is_scanned",
         "connector/servicenow/test_scanner.py::test_a_version_counts_up_with_each_change"),
    ),
    4: (
        "states: numbers and names, transitions that do not exist",
        ("stories/test_servicenow_app.py::test_a_record_that_went_past_a_shut_gate_is_moved_back_where_nothing_refuses",
         "connector/servicenow/test_payloads.py::test_a_record_is_done_when_it_is_no_longer_active"),
    ),
    5: ("priority is derived and cannot be set", ()),
    6: (
        "columns that a data policy makes mandatory",
        ("connector/http/test_transport.py::test_servicenows_responses_have_their_own_errors",
         "sandbox/servicenow/test_states.py::test_mandatory_fields"),
    ),
    7: (
        "work notes and comments mixed up",
        ("contract/test_evidence.py::test_a_work_note_is_added_once_for_one_text",),
    ),
    8: (
        "people matched by their names",
        ("connector/servicenow/test_payloads.py::test_a_journal_entry_belongs_to_the_user_of_that_name",
         "stories/test_servicenow.py::test_an_approval_by_somebody_else_counts_for_nothing"),
    ),
    9: (
        "records that move: demand to project, numbers that change",
        ("sandbox/servicenow/test_events.py::test_set_workflow_false_and_a_conversions_plans_send_no_event",
         "stories/test_sweep.py::test_the_tick_starts_a_sweep_when_it_is_due_and_once_an_hour_that_of_money"),
    ),
    10: (
        "deletes without an event",
        ("sandbox/servicenow/test_events.py::test_updates_and_deletes_send_events_and_a_write_without_a_change_does_not",
         "stories/test_servicenow_app.py::test_a_record_that_is_deleted_keeps_its_measure_which_says_since_when"),
    ),
    11: (
        "the integration user's time zone, format and currency",
        ("connector/servicenow/test_account.py::test_the_currency_follows_from_country_locale_and_instance",
         "connector/servicenow/test_account.py::test_the_checks_report_what_can_change_figures",
         "connector/servicenow/test_instance.py::test_an_amount_is_in_the_currency_of_the_account_that_reads_it"),
    ),
    12: (
        "tokens and passwords that expire silently",
        ("connector/http/test_oauth.py::test_a_token_that_is_refused_before_its_expiry_is_renewed_once_and_the_write_sent_again",
         "stories/test_connect.py::test_servicenow_with_oauth_renews_its_token_and_the_doctor_checks_its_tables",
         "connector/servicenow/test_instance.py::test_a_password_is_refused_once_basic_authentication_is_restricted"),
    ),
    13: (
        "responses and requests that are too large",
        ("connector/servicenow/test_instance.py::test_more_rows_than_a_page_has_are_read_to_the_end",
         "connector/servicenow/test_batch.py::test_what_the_batch_did_not_process_is_tried_again"),
    ),
    14: (
        "throttling without a statement of what remains",
        ("connector/http/test_transport.py::test_the_wait_of_a_servicenow_limit",
         "connector/servicenow/test_instance.py::test_a_rules_limit_closes_the_connection_for_its_stated_time"),
    ),
    15: (
        "writes of which nobody knows whether they were stored",
        ("faults/test_servicenow_writes.py::test_a_write_that_was_carried_out_is_done_whatever_the_response",
         "faults/test_servicenow_writes.py::test_a_write_that_was_not_carried_out_is_not_recorded_as_done"),
    ),
    16: (
        "columns dropped or hidden by an ACL",
        ("connector/servicenow/test_writer.py::test_a_value_that_was_not_stored_is_reported_with_its_cause",
         "connector/servicenow/test_instance.py::test_a_column_that_an_acl_hides_is_unknown_and_not_empty"),
    ),
    17: (
        "customers' change control",
        ("deploy/test_servicenow_app.py::test_an_update_set_can_be_loaded_and_backed_out",
         "stories/test_servicenow_app.py::test_the_app_is_created_over_the_table_api_once_and_removed",
         "stories/test_servicenow_app.py::test_the_integration_user_is_not_an_administrator"),
    ),
    18: (
        "HTML instead of JSON, inherited tables, domains",
        ("connector/http/test_transport.py::test_servicenows_responses_have_their_own_errors",
         "connector/servicenow/test_instance.py::test_an_offering_is_a_service_with_a_life_cycle_of_its_own"),
    ),
}  # fmt: skip
"""Number to name and the tests that cover it."""

REASONS = {
    5: "Gatepost reads priorities, for findings, and writes none.",
    9: "A measure is known by the record's sys_id; plans that are re-pointed without an event are found by the daily sweep.",
    18: "Domain separation is not considered: a connection sees what its account's domain shows.",
}
"""Where the trap is avoided by what Gatepost does not do, or is not handled."""


@pytest.mark.parametrize("number", range(1, 19))
def test_each_pitfall_has_an_existing_test_or_a_reason(number: int) -> None:
    name, tests = TRAPS[number]
    assert tests or number in REASONS, name
    for reference in tests:
        file, _, function = reference.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), reference
