"""Profiles that need not be stored: of the workbook to begin with, and of an export of the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from mapping.imports.exported import EXPORT_NAME, EXPORT_PROFILE
from mapping.imports.template import TEMPLATE_PROFILE

GIVEN_PROFILES: Mapping[str, str] = {"template": TEMPLATE_PROFILE, EXPORT_NAME: EXPORT_PROFILE}
