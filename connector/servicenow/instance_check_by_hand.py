"""Steps of the live check that only a person can do: at a form, with a flow, with an update set, on a clone."""

from __future__ import annotations

from connector.sync.instance_check import LiveStep, StepResult


def _by_hand(key: str, title: str, what: str) -> LiveStep:
    return LiveStep(key, title, StepResult.BY_HAND, what)


BY_HAND = (
    _by_hand("H1", "the gate stops a save", "move a record with a shut gate at its form as somebody else: refused"),
    _by_hand(
        "H2",
        "a roll-up of child states is gated or found",
        "close the last open task of a project with a shut gate: the roll-up is refused, or Gatepost reports the "
        "project as ahead of its gate after the next sweep",
    ),
    _by_hand(
        "H3",
        "flows and transform maps",
        "move a record with a shut gate by a flow (refused), and by a transform map that runs no business rules (found "
        "by the next sweep)",
    ),
    _by_hand("H4", "the update sets", "preview and commit the core set, then one gate; back both out, newest first"),
    _by_hand("H5", "a clone", "look that a clone sends nothing; run Gatepost: clean a clone"),
    _by_hand("H6", "rights of others", "as a project manager read cost plans, users and choices: as before"),
    _by_hand("H7", "a query access control", "with a query_range control run a full sweep: it ends, or says why not"),
    _by_hand("H8", "the secret", "set it in Gatepost > Gatepost sender: the next run of its job says ok"),
    _by_hand("H9", "the outbox's index", "add u_state, u_next_attempt, u_order under Database Indexes"),
    _by_hand("H10", "scans", "run Instance Scan over the committed sets: no finding"),
    _by_hand(
        "H11",
        "the related list",
        "Configure > Related Lists of a governed form: add Gatepost verdict > Record; it shows gate, blockers and link",
    ),
    _by_hand(
        "H12",
        "the test suite of the scoped application",
        "Automated Test Framework > Suites > Gatepost: run it, and send back what each test says",
    ),
)
