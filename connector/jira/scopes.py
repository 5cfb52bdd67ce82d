"""What an OAuth consent covers: the daily one, and the one of an administrator for a single command.

https://developer.atlassian.com/cloud/jira/platform/scopes-for-oauth-2-3LO-and-forge-apps/ ; each operation's scope is
in the description of Jira's REST API.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from connector.remedy import Remedy
from connector.sync.setup import ConnectionCheck, Health

DAILY = (
    "read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-webhook", "report:personal-data",
    "offline_access",
)  # fmt: skip
"""Reading, writing back, webhooks, and the report of accounts, also while nobody looks: kept, and renewed."""
ADMINISTRATION = (
    "read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-project", "manage:jira-configuration",
)  # fmt: skip
"""Fields, contexts, screens and workflows: for one command, so that nothing renews it."""
ADMINISTERS = frozenset(ADMINISTRATION) - frozenset(DAILY)


def administration_consent(connection: str) -> Remedy:
    """For what an administrator alone may do."""
    return Remedy(
        command="Where Jira is set up, an administrator consents for one command: "
        f"gatepost provision plan {connection} --consent"
    )


def consent_checks(name: str, granted: Collection[str] | None) -> Iterator[ConnectionCheck]:
    """Whether the daily consent covers what daily work needs, and no more; nothing where the tool does not say."""
    if granted is None:
        return
    lacking = [scope for scope in DAILY if scope not in granted and scope != "offline_access"]
    beyond = sorted(ADMINISTERS & set(granted))
    if lacking:
        yield ConnectionCheck(
            "consent",
            Health.BAD,
            f"it lacks {', '.join(lacking)}",
            Remedy(
                "Give the app these scopes in Atlassian's developer console. Whoever runs Gatepost consents again.",
                "Give the app these scopes in Atlassian's developer console and consent again: gatepost connect jira",
            ),
        )
    if beyond:
        yield ConnectionCheck(
            "consent",
            Health.WARNING,
            f"the daily one covers administration as well: {', '.join(beyond)}",
            Remedy(
                command="Consent again: gatepost connect jira. Provisioning asks an administrator: "
                f"gatepost provision plan {name} --consent"
            ),
        )
    if not lacking and not beyond:
        yield ConnectionCheck(
            "consent",
            Health.GOOD,
            "for daily work only; provisioning asks an administrator",
            Remedy(command=f"For provisioning: gatepost provision plan {name} --consent"),
        )
