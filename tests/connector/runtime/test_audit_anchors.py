"""The head of the audit outside of the database: what its owner does to the audit is found by what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from connector.notify.audit_anchor import Anchor, AnchorInvalid, AnchorKeys
from connector.notify.audit_sinks import FolderSink, anchor_name
from connector.runtime.audit_anchoring import AnchorOutcome, AuditAnchoring, last_number
from connector.runtime.audit_verification import AnchorCheck, check_anchors
from connector.store.database import audit
from connector.store.database.audit import Audit
from connector.store.database.audit_anchors import AnchorProblem
from connector.store.database.engine import open_database
from connector.store.database.postgres import conninfo
from tests.databases import as_application

KEYS = AnchorKeys([b"k" * 32])
OTHER_KEYS = AnchorKeys([b"x" * 32])


class Scene:
    """A database, its owner, and a folder in which anchors are kept."""

    def __init__(self, engine: Engine, owner: URL, folder: Path) -> None:
        self.engine, self.owner, self.folder = engine, owner, folder
        self.anchoring = AuditAnchoring(engine, KEYS, [FolderSink(folder)])
        self.now = datetime.now(UTC)

    def write(self, *actions: str) -> None:
        with self.engine.begin() as transaction:
            entries = [{"actor": "t", "action": action, "subject": "s", "detail": {}} for action in actions]
            audit.record(transaction, entries)

    def anchor(self, *, after: timedelta = timedelta(), restart: str = "") -> AnchorOutcome:
        (outcome,) = self.anchoring.run(self.now + after, restart)
        return outcome

    def check(self, *, after: timedelta = timedelta(), keys: AnchorKeys = KEYS) -> AnchorCheck:
        return check_anchors(self.anchoring.anchors, keys, self.anchoring.sinks, self.now + after)

    def forge(self, *statements: str) -> None:
        """What the owner of the schema can do: past the triggers, with a chain that holds afterwards."""
        with psycopg.connect(conninfo(self.owner)) as session:
            session.execute("SET session_replication_role = replica")
            for statement in statements:
                session.execute(statement)
            session.execute(CHAIN_ANEW)

    def kept(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


CHAIN_ANEW = """
DO $$
DECLARE one audit%ROWTYPE; number bigint := 0; before text := '';
BEGIN
    FOR one IN SELECT * FROM audit ORDER BY seq LOOP
        number := number + 1;
        one.seq := number; one.prev_hash := before;
        before := encode(sha256(convert_to(audit_text(one), 'UTF8')), 'hex');
        UPDATE audit SET seq = -number, prev_hash = one.prev_hash, hash = before WHERE id = one.id;
    END LOOP;
    UPDATE audit SET seq = -seq;
    UPDATE audit_head SET seq = number, hash = before;
END $$
"""


@pytest.fixture
def scene(database: URL, tmp_path: Path) -> Iterator[Scene]:
    folder = tmp_path / "anchors"
    folder.mkdir()
    engine = open_database(as_application(database), pool_size=2, application="tests")
    scene = Scene(engine, database, folder)
    scene.write("a", "b", "c")
    yield scene
    engine.dispose()


def test_the_head_is_kept_once_and_an_audit_without_new_entries_needs_no_second_anchor(scene: Scene) -> None:
    first = scene.anchor()
    # The first sink is an entry itself.
    assert first.anchor is not None
    assert (first.anchor.number, first.anchor.seq) == (1, 4)
    again = scene.anchor(after=timedelta(hours=1)).anchor
    assert again is not None
    assert (again.number, again.hash) == (1, first.anchor.hash)
    scene.write("d")
    assert scene.anchor(after=timedelta(hours=2)).anchor is not None
    assert scene.kept() == ["anchor-000000000001.json", "anchor-000000000002.json"]
    check = scene.check()
    assert (check.breaks, check.notes, check.unanchored_since, check.entries_after) == ((), (), None, 0)
    assert check.anchored is not None
    assert (check.anchored[1].number, check.anchored[1].seq) == (2, 5)


DECISION = "INSERT INTO audit (actor, action, subject, detail, seq, prev_hash, hash) VALUES ('gatepost', 'x', 's', '{}', 5, '', '')"

ATTACKS = [
    pytest.param(
        ["DELETE FROM audit WHERE seq > 2"], AnchorProblem.CUT,
        "holds entry 4, which is not in the audit: entries were removed", id="the end is cut off",
    ),
    pytest.param(
        ["DELETE FROM audit WHERE seq = 2"], AnchorProblem.CUT,
        "holds entry 4, which is not in the audit: entries were removed", id="one is taken out of the middle",
    ),
    pytest.param(
        ["UPDATE audit SET actor = 'x' WHERE seq = 2"], AnchorProblem.REWRITTEN,
        "holds another entry 4: entries were changed and the chain was made anew", id="the middle is rewritten",
    ),
    pytest.param(
        ["DELETE FROM audit WHERE seq > 3", DECISION.replace("5", "4"), DECISION], AnchorProblem.REWRITTEN,
        "holds another entry 4: entries were changed and the chain was made anew", id="the end is replaced",
    ),
    pytest.param(
        ["DELETE FROM audit"], AnchorProblem.CUT,
        "holds entry 4, which is not in the audit: entries were removed", id="all of it is gone",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "problem", "message"), ATTACKS)
def test_what_the_owner_does_to_the_audit_is_found(
    scene: Scene, statements: list[str], problem: AnchorProblem, message: str
) -> None:
    scene.anchor()
    scene.forge(*statements)
    assert Audit(scene.engine).verify().breaks == (), "by itself the forged audit holds"
    (found,) = scene.check().breaks
    assert found.startswith(f"file:{scene.folder}: anchor 1 (")
    assert found.endswith(message)
    # Nor is the forgery confirmed by the next anchor, also when the owner makes the database forget the last one.
    scene.write("later", "and later", "and later", "and later", "and later")
    scene.forge("UPDATE audit_anchor SET number = 0, seq = 0, anchored_at = NULL")
    (outcome,) = scene.anchoring.run_due(scene.now + timedelta(hours=1))
    assert outcome.problem in {problem, AnchorProblem.REWRITTEN}
    assert scene.kept() == ["anchor-000000000001.json"]


def test_decisions_that_are_trimmed_with_their_entries_are_found(scene: Scene) -> None:
    for statement in (DECISION.replace("'x'", "'measure.assessed'"),):
        scene.forge(statement)
    scene.anchor()
    scene.forge("DELETE FROM audit WHERE action = 'measure.assessed'", "DELETE FROM decision")
    assert Audit(scene.engine).verify().breaks == ()
    assert len(scene.check().breaks) == 1


def test_a_chain_that_does_not_hold_is_not_signed(scene: Scene) -> None:
    with psycopg.connect(conninfo(scene.owner)) as session:
        session.execute("SET session_replication_role = replica")
        session.execute("UPDATE audit SET actor = 'x' WHERE seq = 2")
    assert scene.anchor().problem is AnchorProblem.BROKEN
    assert scene.kept() == []


def rewrite(scene: Scene, text: str, number: int = 1) -> None:
    path = scene.folder / anchor_name(number)
    path.unlink(missing_ok=True)
    path.write_text(text)


def forged(scene: Scene, keys: AnchorKeys, number: int = 1) -> str:
    head = scene.anchoring.anchors.head()
    return keys.sign(Anchor(number, head.seq, head.hash, scene.now))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda scene: rewrite(scene, "{}"), "anchor 1 does not count: it cannot be read", id="garbage"),
        pytest.param(
            lambda scene: rewrite(scene, forged(scene, OTHER_KEYS)),
            "anchor 1 does not count: it is signed with a key that is not this installation's", id="another key",
        ),
        pytest.param(
            lambda scene: rewrite(scene, forged(scene, KEYS).replace('"seq":4', '"seq":3')),
            "anchor 1 does not count: its signature does not fit its content", id="another entry",
        ),
        pytest.param(
            lambda scene: rewrite(scene, forged(scene, KEYS, 7)), "anchor 1 was written as another one", id="moved"
        ),
        pytest.param(
            lambda scene: (scene.folder / anchor_name(1)).unlink(),
            "1 anchors were written there, and the last one is 0: some were removed", id="removed",
        ),
    ],
)  # fmt: skip
def test_what_is_done_to_an_anchor_is_found(scene: Scene, change: object, message: str) -> None:
    scene.anchor()
    assert callable(change)
    change(scene)
    assert scene.check().breaks == (f"file:{scene.folder}: {message}",)
    scene.write("more")
    assert scene.anchor(after=timedelta(hours=1)).problem in {AnchorProblem.INVALID, AnchorProblem.REMOVED}


def test_after_a_restore_anchoring_goes_on_when_somebody_says_why_and_every_later_check_shows_it(scene: Scene) -> None:
    scene.anchor()
    scene.forge("DELETE FROM audit WHERE seq > 2")
    assert scene.anchor(after=timedelta(hours=1)).problem is AnchorProblem.CUT
    restarted = scene.anchor(after=timedelta(hours=1), restart="restored from the backup of Sunday").anchor
    assert restarted is not None
    assert restarted.number == 2
    for number in range(3, 60):
        scene.write("x")
        assert scene.anchor(after=timedelta(hours=number)).anchor is not None
    check = scene.check()
    assert check.breaks == ()
    (note,) = check.notes
    assert "the audit began anew with anchor 2 (" in note
    assert note.endswith("): restored from the backup of Sunday. The anchors before it are of another one.")


def test_what_is_not_anchored_says_since_when(scene: Scene) -> None:
    assert scene.check().unanchored_since is None, "not yet too long"
    since = scene.check(after=timedelta(hours=3)).unanchored_since
    with scene.engine.connect() as connection:
        assert since == connection.execute(text("SELECT at FROM audit WHERE seq = 1")).scalar()
    scene.anchor()
    assert scene.check(after=timedelta(days=30)).unanchored_since is None, "nothing was written since"
    scene.write("d", "e")
    check = scene.check(after=timedelta(hours=3))
    assert check.entries_after == 2
    with scene.engine.connect() as connection:
        assert check.unanchored_since == connection.execute(text("SELECT at FROM audit WHERE seq = 5")).scalar()


def test_a_sink_that_cannot_be_read_holds_nothing(scene: Scene) -> None:
    scene.anchor()
    scene.folder.rename(scene.folder.with_name("away"))
    check = scene.check(after=timedelta(hours=3))
    assert check.notes == (f"file:{scene.folder} cannot be read: {scene.folder} is no folder.",)
    assert (check.breaks, check.anchored, check.entries_after) == ((), None, 4)
    assert check.unanchored_since is not None
    scene.write("d")
    assert scene.anchor().problem is AnchorProblem.UNAVAILABLE


def test_it_is_due_each_hour_after_a_closing_and_soon_after_a_failure(scene: Scene) -> None:
    def due(after: timedelta) -> bool:
        return bool(scene.anchoring.run_due(scene.now + after, {"closed"}))

    assert due(timedelta())
    assert not due(timedelta(minutes=59))
    closing = {"actor": "gatepost", "action": "measure.assessed", "subject": "s", "detail": {"stage": "closed"}}
    with scene.engine.begin() as transaction:
        audit.record(transaction, [closing | {"detail": {"stage": "decided"}}])
    assert not due(timedelta(minutes=59))
    with scene.engine.begin() as transaction:
        audit.record(transaction, [closing])
    assert due(timedelta(minutes=59))
    assert not due(timedelta(minutes=60))
    assert due(timedelta(minutes=119))
    scene.forge("UPDATE audit_anchor SET anchored_at = now() + interval '1 year'")
    assert due(timedelta(minutes=120))
    scene.folder.chmod(0o500)
    (scene.folder / anchor_name(2)).rename(scene.folder.with_name("taken"))
    assert due(timedelta(hours=4)), "and refused, because an anchor is gone"
    assert not due(timedelta(hours=4, minutes=4))
    assert due(timedelta(hours=4, minutes=5))


def test_another_sink_and_none_are_entries_of_the_audit(scene: Scene) -> None:
    scene.anchor()
    assert AuditAnchoring(scene.engine, KEYS, []).run_due(scene.now) == ()
    with scene.engine.connect() as connection:
        rows = connection.execute(text("SELECT detail FROM audit WHERE action = 'audit.sinks_changed' ORDER BY seq"))
        texts = [row.detail["text"] for row in rows]
    assert texts == [
        f"The head of the audit is kept in: file:{scene.folder}.",
        "The head of the audit is kept in: nothing.",
    ]
    assert scene.anchoring.anchors.states() == {}


def test_a_subscription_that_asks_for_it_receives_the_signed_head(scene: Scene) -> None:
    with scene.engine.begin() as transaction:
        transaction.execute(text(
            "INSERT INTO subscription (name, url, secrets, events, created_by) VALUES "
            "('vault', 'https://x.example', '{x}', '{audit.head}', 't'), ('all', 'https://y.example', '{x}', '{}', 't')"
        ))  # fmt: skip
    outcomes = scene.anchoring.run(scene.now)
    assert {outcome.sink for outcome in outcomes} == {"subscription", f"file:{scene.folder}"}
    with scene.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT s.name, d.event, d.body FROM subscription_delivery AS d "
                                         "JOIN subscription AS s ON s.id = d.subscription_id"))  # fmt: skip
    assert (row.name, row.event) == ("vault", "audit.head")
    anchor = KEYS.read(json.loads(row.body)["data"]["anchor"])
    assert (anchor.seq, anchor.hash) == (4, scene.anchoring.anchors.head().hash)


@pytest.mark.parametrize("last", [0, 1, 2, 3, 7, 8, 9, 31, 40])
@pytest.mark.parametrize("known", [0, 1, 5, 40])
def test_the_last_anchor_is_found_from_wherever_one_begins(tmp_path: Path, last: int, known: int) -> None:
    for number in range(1, last + 1):
        (tmp_path / anchor_name(number)).touch()
    assert last_number(FolderSink(tmp_path), known) == last


def test_what_an_older_key_signed_still_counts_while_that_key_is_set() -> None:
    anchor = Anchor(3, 5, "aa", datetime(2026, 11, 28, 22, 5, tzinfo=UTC), "why", 3)
    assert AnchorKeys([b"n" * 32, b"k" * 32]).read(KEYS.sign(anchor)) == anchor
    with pytest.raises(AnchorInvalid, match="a key that is not this installation's"):
        AnchorKeys([b"n" * 32]).read(KEYS.sign(anchor))
    assert KEYS.sign(anchor).startswith('{"at":"2026-11-28T22:05:00Z","hash":"aa","key":"')
