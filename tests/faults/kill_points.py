"""The named points at which a process can be killed.  Each lies between two steps that belong together.

A point is before or after a function of the product, or at the commit of a transaction that has run a certain
statement.  The product does not know the points: the suite wraps its functions from outside, see ``switch``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class KillMoment(StrEnum):
    BEFORE = "before"
    AFTER = "after"
    COMMIT = "commit"
    """The transaction is complete but for its commit."""


@dataclass(frozen=True, slots=True)
class KillPoint:
    """``location`` is ``module:Class.method``, or a part of a statement for a commit."""

    name: str
    process: str
    when: KillMoment
    location: str
    description: str
    empty: bool = True
    """Whether the point also counts when the function returned nothing, such as an empty claim."""


def _web(name: str, when: KillMoment, location: str, description: str) -> KillPoint:
    return KillPoint(name, "web", when, location, description)


def _before(name: str, location: str, description: str) -> KillPoint:
    return KillPoint(name, "worker", KillMoment.BEFORE, location, description)


def _after(name: str, location: str, description: str, *, empty: bool = True) -> KillPoint:
    return KillPoint(name, "worker", KillMoment.AFTER, location, description, empty)


def _commit(name: str, statement: str, description: str) -> KillPoint:
    return KillPoint(name, "worker", KillMoment.COMMIT, statement, description)


STORE, JIRA, SNOW = "connector.store", "connector.jira", "connector.servicenow"

KILL_POINTS: tuple[KillPoint, ...] = (
    _web(
        "verified",
        KillMoment.BEFORE,
        f"{STORE}.queue.inbox:SqlInbox.submit",
        "an event is verified and not yet committed",
    ),
    _web(
        "committing",
        KillMoment.AFTER,
        f"{STORE}.queue.inbox:SqlInbox._send",
        "an event is stored and not yet committed",
    ),
    _web(
        "event stored",
        KillMoment.AFTER,
        f"{STORE}.queue.inbox:SqlInbox._receive_all",
        "an event is committed and the response not yet sent",
    ),
    _before("started", "connector.runtime.tasks:WorkerTasks.reconcile", "a task has started and claimed nothing yet"),
    _after(
        "claimed",
        f"{STORE}.queue.dirty_keys:SqlDirtyKeys.claim",
        "keys are claimed and their items not yet read",
        empty=False,
    ),
    _after("read in Jira", f"{JIRA}.reader:JiraReader.read", "Jira is read and nothing is assessed"),
    _after("read in ServiceNow", f"{SNOW}.reader:ServiceNowReader.read", "ServiceNow is read and nothing is assessed"),
    _commit(
        "assessed", 'INSERT INTO "decision"', "verdicts, audit and write requests are stored and not yet committed"
    ),
    _after(
        "assessment stored",
        f"{STORE}.reconcile.assessment_store:SqlAssessmentStore.store",
        "verdicts, audit and write requests are committed",
    ),
    _after(
        "writes claimed",
        f"{STORE}.queue.outbox:SqlOutbox.claim",
        "write requests are claimed and not written",
        empty=False,
    ),
    _before("before the write", f"{JIRA}.writer:JiraWriter.write", "a write request is about to be written"),
    _after("field written", f"{JIRA}.writer:JiraWriter.write", "Jira has the values, and that is not recorded"),
    _after(
        "comment written",
        f"{JIRA}.writer:JiraWriter.write_reply_comment",
        "Jira has the comment, and that is not recorded",
    ),
    _commit("recording", "INSERT INTO last_written", "a write is being recorded and not yet committed"),
    _after("recorded", f"{STORE}.queue.outbox:SqlOutbox.done", "a write is recorded, and the next one is not started"),
    _after(
        "link set", f"{JIRA}.cloud:CloudClient.set_remote_link", "the issue has its link, and none of its other marks"
    ),
    _after("blocker linked", f"{JIRA}.cloud:CloudClient.add_link", "the issue is linked, and that is not recorded"),
    _after(
        "moved back", f"{JIRA}.cloud:CloudClient.transition", "the status is moved back, and the comment is not written"
    ),
    _after(
        "bulk edit started", f"{JIRA}.bulk:JiraBulk.start", "a bulk edit has started, and its task id is not stored"
    ),
    _after(
        "record written", f"{SNOW}.writer:ServiceNowWriter.write", "ServiceNow has the values, and that is not recorded"
    ),
    _after(
        "note written",
        f"{SNOW}.writer:ServiceNowWriter.write_reply_comment",
        "ServiceNow has the work note, and that is not recorded",
    ),
    _after("on hold", f"{SNOW}.marks:MarkWriter.apply", "the record is on hold, and that is not recorded"),
    _after(
        "checklist written", f"{SNOW}.checklist:Checklists.write", "the checklist is written, and that is not recorded"
    ),
    _after("batch sent", f"{SNOW}.batch:ServiceNowBatch.write", "a batch of writes is done and not recorded"),
    _after(
        "page swept",
        f"{STORE}.reconcile.sweeps:SqlSweeps.store_page",
        "a page of a sweep is stored, and the next not requested",
    ),
    _commit("roll-ups refreshed", "measure_figures", "roll-ups are refreshed and not yet committed"),
    _after(
        "subscriber notified",
        "connector.notify.webhook_sender:WebhookSender.post",
        "a subscriber was notified, and that is not recorded",
    ),
)


def kill_point(name: str) -> KillPoint:
    return next(point for point in KILL_POINTS if point.name == name)
