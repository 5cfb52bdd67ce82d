"""A role whose holder the tool does not show: the user was deleted, or is hidden from Gatepost."""

from __future__ import annotations

from governance.measure import Person
from tests.mapping.governed import assessed, epic, sentences

GONE = Person("6816f79cc0a8016401c5a33be04be441", "", None)


def test_a_deleted_user_holds_no_role_and_no_sentence_shows_an_id() -> None:
    """The gate took somebody who does not exist for a named and active sponsor."""
    found = assessed(epic({"Sponsor": GONE}))
    assert found.verdict.stage == "identified"
    assert sentences(found)[0] == (
        'Cannot move into Detailed yet: the field "Sponsor" names a user whom jira-main does not show: deleted, or '
        "hidden from Gatepost. Name somebody else, or let Gatepost see them"
        ". Administrator needs to act, since 10 Feb · ROLE_MISSING"
    )
    assert not [sentence for sentence in sentences(found) if GONE.id in sentence]
