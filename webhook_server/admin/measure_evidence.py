"""``/measures/<id or key>/evidence.zip``: everything known of a measure in one archive that is checked elsewhere."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, request, send_file

from connector.bootstrap import Services
from connector.measures.known_on import NotKnownYet
from connector.papers.evidence.make import PackRequest, PackTooLarge, make_pack
from connector.people.permissions import Viewer
from webhook_server.admin.as_known import requested_day
from webhook_server.admin.navigation import AUDIT_READERS
from webhook_server.admin.variance import FindRow
from webhook_server.auth import current_viewer, requires_role
from webhook_server.page_messages import page_text
from webhook_server.pages import formats
from webhook_server.temporary_file import temporary_file


def may_pack(viewer: Viewer) -> bool:
    """Whoever reads the audit may take what it says of a measure that they see."""
    return viewer.is_any(AUDIT_READERS)


def add_evidence(blueprint: Blueprint, services: Services, find: FindRow) -> None:
    """The download; making a pack is an entry of the audit by itself."""

    @blueprint.get("/<path:name>/evidence.zip")
    @requires_role(*AUDIT_READERS)
    def evidence(name: str) -> Response:
        viewer, on = current_viewer(), requested_day(request.args)
        now = formats().now
        with services.read_as(viewer) as connection:
            row = find(connection, viewer, name)
            written = temporary_file()
            try:
                pack = make_pack(services, connection, row, PackRequest(viewer.login, viewer, on), now, written)
            except NotKnownYet as error:
                abort(404, page_text(error))
            except PackTooLarge as error:
                abort(413, page_text(error))
        written.seek(0)
        day = (on.at if on is not None else now).strftime("%Y-%m-%d")
        file = f"evidence-{re.sub('[^A-Za-z0-9-]', '_', pack.key)}-{day}.zip"
        return send_file(written, "application/zip", as_attachment=True, download_name=file)
