"""What may become the active mapping: somebody's draft, a stored version, or a former version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.people.permissions import Viewer
from connector.store.mapping_versions.drafts import MappingDraft, MappingDrafts
from connector.store.mapping_versions.versions import MappingState, StoredMapping
from mapping.config import MappingConfig
from mapping.difference import differences
from mapping.governing import warnings_of
from mapping.load import LoadedMapping, load_mapping
from mapping.problems import MappingFileProblem


class CandidateKind(StrEnum):
    """How a candidate becomes the active version."""

    DRAFT = "draft"
    VERSION = "version"
    """A stored version that was never active."""
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Candidate:
    kind: CandidateKind
    name: str
    """As in the address: ``draft``, or a version's number."""
    source: str
    config: MappingConfig | None
    digest: str
    problems: tuple[MappingFileProblem, ...]
    warnings: tuple[MappingFileProblem, ...]
    """What a policy that is valid lets through."""
    based_on: int | None = None
    revision: int = 0
    stored: StoredMapping | None = None

    @property
    def title(self) -> str:
        match self.kind:
            case CandidateKind.DRAFT:
                return "your draft"
            case CandidateKind.VERSION:
                return f"version {self.name}"
            case CandidateKind.ROLLBACK:
                return f"former version {self.name}"

    @property
    def fingerprint(self) -> str:
        """Changes with every save: a preview that was started with another text does not count for this one."""
        return f"{self.name}:{self.revision}:{self.digest}"


def find_candidate(services: Services, viewer: Viewer, name: str) -> Candidate:
    """Raises NotFound when there is no such draft or version."""
    if name == "draft":
        draft = draft_of(services, viewer)
        if draft is None:
            raise NotFound("You have no draft. Start one on the page Mapping.")
        return _candidate(CandidateKind.DRAFT, name, draft.source, draft=draft)
    stored = find_version(services, name)
    return _candidate(
        CandidateKind.ROLLBACK if stored.state is MappingState.SUPERSEDED else CandidateKind.VERSION,
        name,
        stored.source,
        stored=stored,
    )


def find_version(services: Services, name: str | int) -> StoredMapping:
    """A stored version by its number.  Raises NotFound."""
    try:
        return services.mappings.get(int(name))
    except (ConfigurationError, ValueError, OverflowError):
        raise NotFound(f"There is no mapping version {name}.") from None


def draft_of(services: Services, viewer: Viewer) -> MappingDraft | None:
    return MappingDrafts(services.engine).get(viewer.person) if viewer.person is not None else None


def author_of(viewer: Viewer) -> str:
    """The person as the audit names them: names are not unique, logins are."""
    return f"{viewer.name} ({viewer.login})" if viewer.name != viewer.login else viewer.login


def differences_from(before: StoredMapping | None, after: MappingConfig | None) -> tuple[str, ...]:
    """What differs, in sentences; empty where one of the two cannot be loaded."""
    loaded = load_mapping(before.source) if before is not None else None
    if after is None or not isinstance(loaded, LoadedMapping):
        return ()
    return differences(loaded.config, after)


def text_differences(before: str, after: str) -> tuple[str, ...]:
    """What differs between two texts, in sentences."""
    first, second = load_mapping(before), load_mapping(after)
    if isinstance(first, LoadedMapping) and isinstance(second, LoadedMapping):
        return differences(first.config, second.config)
    return ()


def _candidate(
    kind: CandidateKind,
    name: str,
    source: str,
    *,
    draft: MappingDraft | None = None,
    stored: StoredMapping | None = None,
) -> Candidate:
    loaded = load_mapping(source)
    good = isinstance(loaded, LoadedMapping)
    return Candidate(
        kind,
        name,
        source,
        loaded.config if isinstance(loaded, LoadedMapping) else None,
        str(loaded.version) if isinstance(loaded, LoadedMapping) else "",
        () if good else tuple(loaded),  # type: ignore[arg-type]  # the other of two cases
        warnings_of(loaded),
        draft.based_on if draft else None,
        draft.revision if draft else 0,
        stored,
    )
