"""Loaded at the start of the processes that the fault suite starts, as Python itself does it, and only there.

A folder, named by ``FAULTS_FOLDER``, holds the faults: ``kill`` names a point at which the first process that reaches
it kills itself as ``kill -9`` does; ``clock`` holds seconds by which the process's clock is off.  The file ``kill``
is renamed to ``killed`` before the process dies, so that no second process dies of it: Granian starts its worker
process again.  The worker's tick takes a second here instead of five, so that the suite does not wait.
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

from tests.faults.kill_points import KILL_POINTS, KillMoment, KillPoint

TICK_SECONDS = 1


class Switch:
    def __init__(self, folder: Path) -> None:
        self._kill, self._killed, self._clock = folder / "kill", folder / "killed", folder / "clock"

    def reached(self, point: KillPoint) -> None:
        try:
            if self._kill.read_text() != point.name:
                return
            # The process that renames the file is the one that dies.
            self._kill.rename(self._killed)
        except FileNotFoundError:
            return
        with self._killed.open("a") as marker:
            marker.write(f"\n{os.getpid()}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def offset(self) -> timedelta:
        try:
            return timedelta(seconds=float(self._clock.read_text() or 0))
        except FileNotFoundError:
            return timedelta()


def wrapped(function: Callable[..., Any], points: Sequence[KillPoint], switch: Switch) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        for point in points:
            if point.when is KillMoment.BEFORE:
                switch.reached(point)
        result = function(*args, **named)
        for point in points:
            if point.when is KillMoment.AFTER and (point.empty or result):
                switch.reached(point)
        return result

    return call


def patch(module: ModuleType, points: Sequence[KillPoint], switch: Switch) -> None:
    """Wrap the functions that the points of one module name.  Raises AttributeError when a function does not exist."""
    for location in {point.location for point in points}:
        owner, _, method = location.partition(":")[2].partition(".")
        kind = getattr(module, owner)
        matching = [point for point in points if point.location == location]
        setattr(kind, method, wrapped(getattr(kind, method), matching, switch))


def watch_commits(switch: Switch) -> None:
    """Record the points that a transaction has reached, and check them before it is committed."""
    from sqlalchemy import Engine, event

    points = [point for point in KILL_POINTS if point.when is KillMoment.COMMIT]

    def ran(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        matching = [point for point in points if point.location in statement]
        if matching:
            connection.info.setdefault("points", []).extend(matching)

    def commits(connection: Any) -> None:
        for point in connection.info.pop("points", ()):
            switch.reached(point)

    def rolled_back(connection: Any) -> None:
        connection.info.pop("points", None)

    event.listen(Engine, "before_cursor_execute", ran)
    event.listen(Engine, "commit", commits)
    event.listen(Engine, "rollback", rolled_back)


class WrongClock:
    """Replaces ``datetime`` where the product reads the time."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self._switch.offset()


class Loader(importlib.abc.Loader):
    """Loads a module as usual, and patches it afterwards."""

    def __init__(self, inner: Any, patch: Callable[[ModuleType], None]) -> None:
        self._inner, self._patch = inner, patch

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._inner.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._patch(module)


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, patches: dict[str, Callable[[ModuleType], None]]) -> None:
        self._patches = patches

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        patch_module = self._patches.pop(name, None)
        if patch_module is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = Loader(spec.loader, patch_module)
        return spec


def install(folder: Path) -> None:
    switch = Switch(folder)
    by_module: dict[str, list[KillPoint]] = {}
    for point in KILL_POINTS:
        if point.when is not KillMoment.COMMIT:
            by_module.setdefault(point.location.partition(":")[0], []).append(point)
    patches: dict[str, Callable[[ModuleType], None]] = {
        name: functools.partial(patch, points=points, switch=switch) for name, points in by_module.items()
    }
    patches["connector.store.database.engine"] = lambda _module: watch_commits(switch)
    patches["connector.bootstrap"] = lambda module: setattr(module, "datetime", WrongClock(switch))
    patches["connector.runtime.queue"] = lambda module: setattr(module, "TICK_SECONDS", TICK_SECONDS)
    # A copy of a process that has read modules has them already.
    for name in patches.keys() & sys.modules.keys():
        patches.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, Finder(patches))


if "FAULTS_FOLDER" in os.environ:
    install(Path(os.environ["FAULTS_FOLDER"]))
