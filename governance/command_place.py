"""Where an approval or a confirmation has to be given, and where somebody is let give one.

In a tool a rule of automation may act as somebody else, an administrator may let it, and a mail handler believes a
sender.  Whoever needs evidence that none of these can forge asks for Gatepost's own page, behind single sign-on.
"""

from __future__ import annotations

from decimal import Decimal

from governance.approvals import reaches_limit
from governance.effects import Effects
from governance.evidence import Command, CommandOrigin
from governance.gates import Policy
from governance.rates import Rates

IN_TOOL = frozenset({CommandOrigin.COMMENT, CommandOrigin.APPROVAL})


def wrong_place(command: Command, policy: Policy, effects: Effects | None, rates: Rates) -> str:
    """Why a command does not count where it was given; empty when it does.  An unknown plan counts as a large one."""
    limit: Decimal | None = policy.thresholds.confirm_on_page_from
    if limit is None or command.source.origin not in IN_TOOL or not reaches_limit(limit, policy, effects, rates):
        return ""
    amount = f"{f' of {limit:,} {policy.currency}'.rstrip()} and more" if limit else ""
    return (
        f"Approvals and confirmations of measures{amount} count on their page in Gatepost only: in the tool a rule or "
        "a mail may speak for somebody else. Give it there."
    )


def wrong_place_to_entrust(command: Command, policy: Policy) -> str:
    """Why it does not count where it was said that somebody may approve: a delegate, or a new holder of a role.

    Else a forged word would let a friend approve on the page.  Whatever the size of the plan: it may still grow.
    """
    if policy.thresholds.confirm_on_page_from is None or command.source.origin not in IN_TOOL:
        return ""
    return (
        "Where approvals count on the page in Gatepost only, whoever is let give them is named there as well: in the "
        "tool a rule or a mail may speak for somebody else. Give it there."
    )
