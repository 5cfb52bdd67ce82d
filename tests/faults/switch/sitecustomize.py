"""Loaded by Python itself in the processes that the fault suite starts, and only there.

A folder, named by ``FAULTS_FOLDER``, says what is to go wrong: ``kill`` names a point at which the process that comes
there first kills itself as ``kill -9`` does; ``clock`` holds seconds by which the process's clock is off.  The killing
file is renamed to ``killed`` before the process dies, so that nobody dies of it twice: Granian starts its worker
process anew.  A beat of the worker takes a second here instead of five, so that the suite does not wait.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.faults.kill_points import POINTS, Point, When

BEAT_SECONDS = 1


class Switch:
    def __init__(self, folder: Path) -> None:
        self._order, self._done, self._clock = folder / "kill", folder / "killed", folder / "clock"

    def reached(self, point: Point) -> None:
        try:
            if self._order.read_text() != point.name:
                return
            # Who renames it is the one that dies.
            self._order.rename(self._done)
        except FileNotFoundError:
            return
        with self._done.open("a") as told:
            told.write(f"\n{os.getpid()}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def off(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._clock.read_text() or 0))
        except FileNotFoundError:
            return timedelta()


def wrapped(function: Callable[..., Any], points: Sequence[Point], switch: Switch) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        for point in points:
            if point.when is When.BEFORE:
                switch.reached(point)
        result = function(*args, **named)
        for point in points:
            if point.when is When.AFTER and (point.empty or result):
                switch.reached(point)
        return result

    return call


def patch(module: ModuleType, points: Sequence[Point], switch: Switch) -> None:
    """Wrap what the points of one module name.  Raises AttributeError when there is no such function any more."""
    for place in {point.place for point in points}:
        owner, _, method = place.partition(":")[2].partition(".")
        kind = getattr(module, owner)
        here = [point for point in points if point.place == place]
        setattr(kind, method, wrapped(getattr(kind, method), here, switch))


def watch_commits(switch: Switch) -> None:
    """Note what a transaction has run, and look at it when it is about to be committed."""
    from sqlalchemy import Engine, event

    points = [point for point in POINTS if point.when is When.COMMIT]

    def ran(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found = [point for point in points if point.place in statement]
        if found:
            connection.info.setdefault("points", []).extend(found)

    def commits(connection: Any) -> None:
        for point in connection.info.pop("points", ()):
            switch.reached(point)

    def rolled_back(connection: Any) -> None:
        connection.info.pop("points", None)

    event.listen(Engine, "before_cursor_execute", ran)
    event.listen(Engine, "commit", commits)
    event.listen(Engine, "rollback", rolled_back)


class WrongClock:
    """In the place of ``datetime`` where the product asks what time it is."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self._switch.off()


class Loader(importlib.abc.Loader):
    """Loads a module as ever, and changes it then."""

    def __init__(self, inner: Any, then: Callable[[ModuleType], None]) -> None:
        self._inner, self._then = inner, then

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        found: ModuleType | None = self._inner.create_module(spec)
        return found

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._then(module)


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, then: dict[str, Callable[[ModuleType], None]]) -> None:
        self._then = then

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        then = self._then.pop(name, None)
        if then is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = Loader(spec.loader, then)
        return spec


def install(folder: Path) -> None:
    switch = Switch(folder)
    by_module: dict[str, list[Point]] = {}
    for point in POINTS:
        if point.when is not When.COMMIT:
            by_module.setdefault(point.place.partition(":")[0], []).append(point)
    then: dict[str, Callable[[ModuleType], None]] = {
        name: functools.partial(patch, points=points, switch=switch) for name, points in by_module.items()
    }
    then["connector.store.database.engine"] = lambda _module: watch_commits(switch)
    then["connector.bootstrap"] = lambda module: setattr(module, "datetime", WrongClock(switch))
    then["connector.runtime.queue"] = lambda module: setattr(module, "TICK_SECONDS", BEAT_SECONDS)
    sys.meta_path.insert(0, Finder(then))


if "FAULTS_FOLDER" in os.environ:
    install(Path(os.environ["FAULTS_FOLDER"]))
