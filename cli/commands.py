"""Every command of ``gatepost``: its name, its location, and its line in ``gatepost --help``.

The help is here as well as at the command, so that ``gatepost --help`` imports no command; a test checks that both are
the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandEntry:
    name: str
    location: str
    """``module:attribute`` in this package: a function that is the command, or the Typer of a group of commands."""
    help: str
    logs: bool = True
    """Whether it may log anything; only then the log is set up, which takes longer than ``version``."""


COMMANDS = (
    CommandEntry("serve", "run:serve", "Run web and worker; with no DATABASE_URL the embedded database as well."),
    CommandEntry("web", "run:web", "Run the web server alone."),
    CommandEntry("worker", "worker:worker", "Run a worker alone; any number may run, on any number of machines."),
    CommandEntry("version", "version:version", "Print the version.", logs=False),
    CommandEntry(
        "init",
        "init:init",
        "Connect to a tool, survey it, and write a commented first mapping that fits it.",
    ),
    CommandEntry(
        "doctor",
        "doctor:doctor",
        "Check database, workers, and each connection: reachable, signed in, clock, permissions, webhook, limits.",
    ),
    CommandEntry(
        "sync",
        "sync:sync",
        "Find what changed in a tool since the last time (or --since, or --full) and reassess it.",
    ),
    CommandEntry(
        "check",
        "check:check",
        "Check whether a gate is open.  Exit status 0: open; 1: shut, with the checklist; 2: no answer.",
    ),
    CommandEntry(
        "explain",
        "report:explain",
        "Print the verdict on a measure as a checklist: every condition, its evidence, and who must act.",
    ),
    CommandEntry("history", "report:history", "Print both statuses of a measure day by day, each with its reason."),
    CommandEntry(
        "totals",
        "report:totals",
        "Print plan, latest estimate and actual of the same measures, what is left out, and the lines of each total.",
    ),
    CommandEntry(
        "figures",
        "report:figures",
        "Print every figure of the definition sheet: plan, latest estimate and actual, leakage by reason, pipeline.",
    ),
    CommandEntry("workbook", "workbook:workbook", "Write the portfolio as an Excel workbook whose sums are formulas."),
    CommandEntry("papers", "papers:app", "The reporting calendar: papers that are due, previews, and what was sent."),
    CommandEntry("export", "export:app", "The reporting views as Parquet files."),
    CommandEntry("deck", "deck:deck", "Write the steering committee's deck as PowerPoint slides."),
    CommandEntry(
        "evidence",
        "evidence:app",
        "Evidence pack: gatepost evidence MEASURE makes one, gatepost evidence verify FILE checks it.",
    ),
    CommandEntry(
        "sandbox", "sandbox:sandbox", "Start stand-ins for Jira and ServiceNow, as real HTTP servers with state."
    ),
    CommandEntry(
        "demo",
        "demo:demo",
        "Start sandbox, server and worker on a fresh database, play a year and the story, show the outcome.",
    ),
    CommandEntry("key", "key:app", "The key that encrypts credentials at rest; without a subcommand, print a new one."),
    CommandEntry("audit", "audit:app", "The record of decisions: write-once, a chain of hashes."),
    CommandEntry("rates", "rates:app", "Exchange rates, each valid from its day on."),
    CommandEntry("money", "money:app", "Money as finance knows it: the ledger, and the close of its months."),
    CommandEntry("services", "services:app", "Services: what a unit costs, the demand, and what is in the way."),
    CommandEntry("waiting", "waiting:app", "Where the benefit of measures waits, and what would free most of it."),
    CommandEntry("capacity", "capacity:app", "Hours of teams: planned, needed by measures, and logged."),
    CommandEntry("tradeoffs", "tradeoffs:app", "Trade-offs: what could be deferred, paused or stopped, and scenarios."),
    CommandEntry("db", "db:app", "The database: its schema, its size, its cleanup."),
    CommandEntry("connect", "connect:app", "Connect a tool: sign in, register its events, see one arrive."),
    CommandEntry("connection", "connection:app", "The Jira and ServiceNow sites that Gatepost talks to."),
    CommandEntry("mapping", "mapping:app", "The mapping: which item becomes which measure."),
    CommandEntry("provision", "provision:app", "Fields, choices, screens and native gates at a tool."),
    CommandEntry("meeting", "meeting:app", "Decisions of a meeting, from the comments of its deck."),
    CommandEntry("digest", "digest:app", "Open tasks of people, by mail or chat."),
    CommandEntry("alerts", "alerts:app", "Alerts to operators when Gatepost needs attention."),
    CommandEntry("user", "user:app", "The people of the pages: their roles, their accounts, their sessions."),
    CommandEntry("token", "token:app", "Tokens of the API."),
    CommandEntry(
        "service-account", "service_account:app", "Programs with an identity of their own; they decide nothing."
    ),
    CommandEntry(
        "subscription",
        "subscription:app",
        "Outgoing webhooks: who receives which events, and whether they were delivered.",
    ),
    CommandEntry(
        "dead-letters",
        "dead_letters:app",
        "Dead letters: work that is not tried again, and why. Other work continues.",
    ),
)
"""In the order in which ``gatepost --help`` lists them."""

ENTRIES = {entry.name: entry for entry in COMMANDS}
