"""What may become the active mapping: somebody's draft, a version that was kept, or a former one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.people.permissions import Viewer
from connector.store.mapping_versions.drafts import Draft, Drafts
from connector.store.mapping_versions.versions import State, StoredMapping
from mapping.config import MappingConfig
from mapping.difference import differences
from mapping.load import Loaded, load_mapping
from mapping.problems import Problem


class Way(StrEnum):
    """How a candidate becomes the active version."""

    DRAFT = "draft"
    VERSION = "version"
    """A version that was kept and never active."""
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Candidate:
    way: Way
    name: str
    """As the address says it: ``draft``, or a version's number."""
    source: str
    config: MappingConfig | None
    digest: str
    problems: tuple[Problem, ...]
    based_on: int | None = None
    revision: int = 0
    stored: StoredMapping | None = None

    @property
    def title(self) -> str:
        match self.way:
            case Way.DRAFT:
                return "your draft"
            case Way.VERSION:
                return f"version {self.name}"
            case Way.ROLLBACK:
                return f"former version {self.name}"

    @property
    def mark(self) -> str:
        """Changes with every save: a preview that was begun with another text is no preview of this one."""
        return f"{self.name}:{self.revision}:{self.digest}"


def candidate(services: Services, viewer: Viewer, name: str) -> Candidate:
    """Raises NotFound when there is no such draft or version."""
    if name == "draft":
        draft = draft_of(services, viewer)
        if draft is None:
            raise NotFound("You have no draft. Begin one on the page of the mapping.")
        return _made(Way.DRAFT, name, draft.source, draft=draft)
    stored = version(services, name)
    return _made(Way.ROLLBACK if stored.state is State.SUPERSEDED else Way.VERSION, name, stored.source, stored=stored)


def version(services: Services, name: str | int) -> StoredMapping:
    """A stored version by its number.  Raises NotFound."""
    try:
        return services.mappings.get(int(name))
    except (ConfigurationError, ValueError, OverflowError):
        raise NotFound(f"There is no mapping version {name}.") from None


def draft_of(services: Services, viewer: Viewer) -> Draft | None:
    return Drafts(services.engine).of(viewer.person) if viewer.person is not None else None


def who(viewer: Viewer) -> str:
    """The person as the record names them: names are not unique, logins are."""
    return f"{viewer.name} ({viewer.login})" if viewer.name != viewer.login else viewer.login


def between(before: StoredMapping | None, after: MappingConfig | None) -> tuple[str, ...]:
    """What differs, in sentences; nothing where one of them cannot be read."""
    loaded = load_mapping(before.source) if before is not None else None
    if after is None or not isinstance(loaded, Loaded):
        return ()
    return differences(loaded.config, after)


def words_between(before: str, after: str) -> tuple[str, ...]:
    """What differs between two texts, in sentences."""
    first, second = load_mapping(before), load_mapping(after)
    if isinstance(first, Loaded) and isinstance(second, Loaded):
        return differences(first.config, second.config)
    return ()


def _made(
    way: Way, name: str, source: str, *, draft: Draft | None = None, stored: StoredMapping | None = None
) -> Candidate:
    loaded = load_mapping(source)
    good = isinstance(loaded, Loaded)
    return Candidate(
        way,
        name,
        source,
        loaded.config if isinstance(loaded, Loaded) else None,
        str(loaded.version) if isinstance(loaded, Loaded) else "",
        () if good else tuple(loaded),  # type: ignore[arg-type]  # the other of two cases
        draft.based_on if draft else None,
        draft.revision if draft else 0,
        stored,
    )
