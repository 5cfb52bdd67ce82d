"""Shared fixtures: a real PostgreSQL, a fresh database per test, the corpus of real payloads."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from sqlalchemy.engine import URL, make_url

from connector.runtime.garbage_collection import tune_garbage_collection
from connector.store.database.postgres import locate
from tests.command_line import Cli
from tests.compiled_once import compiled_once
from tests.databases import Databases, as_application, forget_the_disk, stop

ROOT = Path(__file__).resolve().parent.parent

NEWEST = max(path.name[:4] for path in (ROOT / "connector/store/database/migrations/versions").glob("[0-9]*.py"))
"""The schema's newest revision."""


# Hundreds of processes are started: each would compile all sources anew, which is most of what a start costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("gatepost", deadline=None)
settings.load_profile("gatepost")


def pytest_configure() -> None:
    """Collecting tests makes a hundred thousand objects that all stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Otherwise each larger collection goes through every module and every test."""
    tune_garbage_collection()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Several processes share the tests as is written there; no other way of xdist's is meant."""
    from tests.scheduling import Together

    return Together(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.fixture(autouse=True, scope="session")
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The run's own folder, in which each of its processes has one.
        folder = folder.parent
    (folder / "templates").mkdir(exist_ok=True)
    with compiled_once(folder / "templates"):
        yield


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """What one test sets up for its log does not reach the next one."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real payloads and vendors' API descriptions, which is not part of this repository."""
    folder = Path(os.environ.get("GATEPOST_SHARED", ROOT.parent / "shared"))
    if not (folder / "payloads").is_dir():
        pytest.skip(f"the corpus of real payloads is not at {folder}; set GATEPOST_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The server that all tests share: GATEPOST_TEST_DATABASE_URL, or an embedded one."""
    given = os.environ.get("GATEPOST_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    # Not among pytest's own folders: it takes those of older runs away, also while they are still running.
    with tempfile.TemporaryDirectory(prefix="gatepost-tests-", ignore_cleanup_errors=True) as folder:
        url = locate(None, Path(folder))
        forget_the_disk(url)
        yield url
        # Before its folder goes: without that nobody can tell it to, and it works on for a minute.
        stop(Path(folder))


@pytest.fixture(scope="session")
def databases(postgres: URL) -> Databases:
    return Databases.on(postgres)


@pytest.fixture
def database(databases: Databases) -> Iterator[URL]:
    """An empty database with the newest schema."""
    with databases.one() as url:
        yield url


@pytest.fixture
def cli(database: URL, tmp_path: Path) -> Cli:
    """The command line as it is beside the processes, with their login."""
    return Cli(
        {
            "DATABASE_URL": as_application(database).render_as_string(hide_password=False),
            "GATEPOST_DATA": str(tmp_path),
            "GATEPOST_CREDENTIAL": "api-token",
            "COLUMNS": "200",
        }
    )
