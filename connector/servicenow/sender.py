"""The app's sender of events: whether it has a secret, whether its signature is right, whether its receiver answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.errors import NotFound, PermissionDenied, ValuesRejected
from connector.remedy import Place, Remedy
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.own_tables import own_table
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from connector.sync.setup import ConnectionCheck, Health

TABLE = "u_gatepost_sender"
COLUMNS = ("u_name", "u_self_test", "u_self_tested_at", "u_failed_runs", "u_resume_at")
WORKS, NO_SECRET = "ok", "no secret is set"


@dataclass(frozen=True, slots=True)
class Sender:
    self_test: str
    """What the app found when it last signed a known text: ``ok``, or what is wrong."""
    tested_at: str
    failed_runs: int
    resumes_at: str

    @property
    def works(self) -> bool:
        return self.self_test == WORKS

    @property
    def has_no_secret(self) -> bool:
        return self.self_test in {"", NO_SECRET}


def read_sender(client: ServiceNowClient, fields: TableFields) -> Sender | None:
    """``None`` where the app is not installed, its sender has never run, or it is hidden.  Raises ToolError."""
    if "u_self_test" not in fields.catalogue(own_table(fields, TABLE)):
        return None
    try:
        rows = client.query(own_table(fields, TABLE), Query().equals("u_name", "sender"), COLUMNS, 1)
    except (NotFound, PermissionDenied, ValuesRejected):
        return None
    if not rows:
        return None
    row = {name: raw_value(rows[0].get(name)) for name in COLUMNS}
    failed = row["u_failed_runs"]
    return Sender(
        row["u_self_test"], row["u_self_tested_at"], int(failed) if failed.isdecimal() else 0, row["u_resume_at"]
    )


def sender_checks(client: ServiceNowClient, fields: TableFields) -> Iterator[ConnectionCheck]:
    """What ``doctor`` says of the app's sender; nothing where the app is not installed."""
    if "u_self_test" not in fields.catalogue(own_table(fields, TABLE)):
        return
    sender = read_sender(client, fields)
    if sender is None:
        yield ConnectionCheck(
            "app's sender", Health.WARNING, "it has never run, or is hidden from the integration user",
            Remedy("Run the fix script Gatepost: finish installation, and give the user the role u_gatepost_writer."),
        )  # fmt: skip
    elif not sender.works:
        yield ConnectionCheck(
            "app's sender", Health.BAD, f"events are not sent: {sender.self_test or 'it has not tested its signature'}",
            Remedy(
                "Set its secret in Gatepost > Gatepost sender, as the page Set-up shows it.",
                "Set its secret in Gatepost > Gatepost sender, as gatepost connect servicenow --public-url prints it.",
                Place.SET_UP,
            ),
        )  # fmt: skip
    elif sender.failed_runs:
        yield ConnectionCheck(
            "app's sender", Health.WARNING,
            f"its receiver did not answer in {sender.failed_runs} runs; it tries again at {sender.resumes_at} UTC",
            Remedy("Check gatepost.endpoint, the network between the two, and gatepost.mid_server."),
        )  # fmt: skip
    else:
        tested = f"its signature was right at {sender.tested_at} UTC" if sender.tested_at else "its signature is right"
        yield ConnectionCheck("app's sender", Health.GOOD, tested)
