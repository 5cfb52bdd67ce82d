"""The moments at which a process can be killed, by name.  Each lies between two steps that belong together.

A point stands before or after a function of the product, or at the commit of a transaction that has run a certain
statement.  The product knows nothing of it: the suite wraps its functions from outside, see ``switch``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class When(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    COMMIT = "commit"
    """The transaction is complete but for its commit."""


@dataclass(frozen=True, slots=True)
class Point:
    """``place`` is ``module:Class.method``, or a part of a statement when it is about a commit."""

    name: str
    process: str
    when: When
    place: str
    told: str
    empty: bool = True
    """Whether it also counts when the function had nothing to give back, as a claim of nothing."""


def _web(name: str, when: When, place: str, told: str) -> Point:
    return Point(name, "web", when, place, told)


def _before(name: str, place: str, told: str) -> Point:
    return Point(name, "worker", When.BEFORE, place, told)


def _after(name: str, place: str, told: str, *, empty: bool = True) -> Point:
    return Point(name, "worker", When.AFTER, place, told, empty)


def _commit(name: str, statement: str, told: str) -> Point:
    return Point(name, "worker", When.COMMIT, statement, told)


STORE, JIRA, SNOW = "connector.store", "connector.jira", "connector.servicenow"

POINTS: tuple[Point, ...] = (
    _web(
        "verified", When.BEFORE, f"{STORE}.queue.inbox:SqlInbox.take_in", "an event is verified and not yet committed"
    ),
    _web("committing", When.AFTER, f"{STORE}.queue.inbox:SqlInbox._send", "an event is stored and not yet committed"),
    _web("taken in", When.AFTER, f"{STORE}.queue.inbox:SqlInbox.take_in", "an event is committed and not yet answered"),
    _before("begun", "connector.runtime.tasks:Tasks.reconcile", "a task has begun and holds nothing yet"),
    _after("claimed", f"{STORE}.queue.dirty_keys:SqlWork.claim", "keys are claimed and not read", empty=False),
    _after("read in Jira", f"{JIRA}.reader:JiraReader.read", "Jira is read and nothing is judged"),
    _after("read in ServiceNow", f"{SNOW}.reader:ServiceNowReader.read", "ServiceNow is read and nothing is judged"),
    _commit("judged", 'INSERT INTO "decision"', "verdicts, audit and wishes are stored and not yet committed"),
    _after(
        "settled", f"{STORE}.reconcile.assessment_store:SqlLedger.settle", "verdicts, audit and wishes are committed"
    ),
    _after(
        "wishes claimed", f"{STORE}.queue.outbox:SqlOutbox.claim", "wishes are claimed and not written", empty=False
    ),
    _before("before the write", f"{JIRA}.writer:JiraWriter.write", "a wish is about to be written"),
    _after("field written", f"{JIRA}.writer:JiraWriter.write", "Jira has the values, and that is not recorded"),
    _after("comment written", f"{JIRA}.writer:JiraWriter.answer", "Jira has the comment, and that is not recorded"),
    _commit("recording", "INSERT INTO last_written", "a write is being recorded and not yet committed"),
    _after("recorded", f"{STORE}.queue.outbox:SqlOutbox.done", "a write is recorded, and the next one is not begun"),
    _after("link set", f"{JIRA}.cloud:CloudClient.set_remote_link", "the issue has its link, and no more of its marks"),
    _after("blocker linked", f"{JIRA}.cloud:CloudClient.add_link", "the issue is linked, and that is not recorded"),
    _after("moved back", f"{JIRA}.cloud:CloudClient.transition", "the status is put back, and nothing is explained"),
    _after("bulk edit begun", f"{JIRA}.bulk:JiraBulk.start", "a bulk edit has begun, and its number is not noted"),
    _after("record written", f"{SNOW}.writer:ServiceNowWriter.write", "ServiceNow has the values, unrecorded"),
    _after("note written", f"{SNOW}.writer:ServiceNowWriter.answer", "ServiceNow has the work note, unrecorded"),
    _after("on hold", f"{SNOW}.marks:MarkWriter.make", "the record is on hold, and that is not recorded"),
    _after("checked off", f"{SNOW}.checklist:Checklists.write", "the checklist stands there, unrecorded"),
    _after("batch sent", f"{SNOW}.batch:ServiceNowBatch.write", "a batch of writes is done and not recorded"),
    _after(
        "page swept",
        f"{STORE}.reconcile.sweeps:SqlSweeps.take",
        "a page of a sweep is stored, and the next not asked for",
    ),
    _commit("figures made", "measure_figures", "figures are made and not yet committed"),
    _after("told", "connector.notify.webhook_sender:Sender.post", "a subscriber was told, and that is not recorded"),
)


def point(name: str) -> Point:
    return next(one for one in POINTS if one.name == name)
