"""Who may put a mapping in force: who administers the organisation, or all parts that it changes."""

from __future__ import annotations

from connector.bootstrap import Services
from connector.people.permissions import ADMINISTRATORS, Viewer
from mapping.changed_parts import changed_parts
from mapping.config import MappingConfig

NOT_ALLOWED = (
    "This changes more than the part that you administer, or it cannot be told what it changes. "
    "An administrator of the whole organisation has to activate it."
)


def may_activate(services: Services, viewer: Viewer, wanted: MappingConfig) -> bool:
    """Whether a viewer may put this mapping in force in the place of the present one."""
    if viewer.holds_everywhere(ADMINISTRATORS):
        return True
    parts = changed_parts(services.active_config(), wanted)
    # A part limited to one legal entity is not decidable: which entity an item has is known only when it is read.
    return parts is not None and all(viewer.holds_for(ADMINISTRATORS, part, None) for part in parts)
