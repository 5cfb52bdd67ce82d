"""The active mapping, asked for once in a request that changes nothing.

A page asks for it where it names a stage, shows an amount or weighs a forecast: six times in the portfolio, each time
in a transaction of its own.  What is kept ends with its request, so nothing has to make it invalid, and all of a page
follows one version.  A request that may change something asks each time: it may be the one that activates a mapping.
"""

from __future__ import annotations

from typing import cast

from flask import has_request_context, request

from connector.store.mapping_versions.versions import MappingVersions, StoredMapping

KEPT = "gatepost.active_mapping"
CHANGES_NOTHING = frozenset({"GET", "HEAD"})


class MappingOfRequest(MappingVersions):
    def active(self) -> StoredMapping | None:
        if not has_request_context() or request.method not in CHANGES_NOTHING:
            return super().active()
        if KEPT not in request.environ:
            request.environ[KEPT] = super().active()
        return cast("StoredMapping | None", request.environ[KEPT])
