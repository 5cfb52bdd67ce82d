"""What ``gatepost doctor`` says of work that is not done: dead letters, and writes that wait for something."""

from __future__ import annotations

from collections.abc import Iterator

from connector.bootstrap import Services
from connector.remedy import Place, Remedy
from connector.store.queue.waiting_writes import dead_letters_of, waiting_writes
from connector.sync.setup import ConnectionCheck, Health
from mapping.work_item import ConnectionName


def backlog_checks(services: Services, connection: ConnectionName) -> Iterator[ConnectionCheck]:
    dead = dead_letters_of(services.engine, connection)
    if dead:
        what = "1 item or write is" if dead == 1 else f"{dead} items and writes are"
        yield ConnectionCheck(
            "dead letters",
            Health.BAD,
            f"{what} not tried any more",
            Remedy("The page Operations says why.", "See why with: gatepost dead-letters list", Place.OPERATIONS),
        )
    else:
        yield ConnectionCheck("dead letters", Health.GOOD, "none")
    for waiting in waiting_writes(services.engine, connection):
        count = "1 write waits" if waiting.count == 1 else f"{waiting.count} writes wait"
        yield ConnectionCheck(
            "waiting writes",
            Health.WARNING,
            f"{count}: {waiting.reason}",
            Remedy(
                "They are tried again by themselves; what is missing is on the page of the connection, under Fields "
                "and gates at the tool.",
                f"They are tried again by themselves; see what is missing with: gatepost provision plan {connection}",
                Place.CONNECTIONS,
            ),
        )
