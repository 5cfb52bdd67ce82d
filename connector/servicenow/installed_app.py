"""Gatepost's app as its user sees it, who is no administrator: whether it is there, and has what a mapping names."""

from __future__ import annotations

from collections.abc import Iterator

from connector.errors import ConfigurationError
from connector.remedy import Note, Place, Remedy
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.sender import read_sender
from connector.servicenow.verdict_table import VerdictTable
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName

SEEN_BY_USER_NOTE = (
    "Gatepost's app is installed, and every column that the mapping names is there. Its records were not compared one "
    "by one: only an administrator's account may read them."
)
WITHOUT_APP_NOTE = (
    "Gatepost's app is not installed, and the columns exist without it: changes are found at intervals, and no move is "
    "refused."
)
COMMIT_UPDATE_SET = Remedy(
    "Have an administrator of the instance review and commit the update sets of Gatepost's app, which whoever runs "
    "Gatepost has. Then plan again.",
    "Have an administrator of the instance review and commit deploy/servicenow-app/gatepost-update-set.xml.",
)
CHANGE_COLUMNS = Remedy(
    "Name another column in the mapping, or have an administrator of the instance add this one.", place=Place.MAPPING
)
SET_PROPERTIES = Remedy(
    "Set the property gatepost.endpoint, and the secret in Gatepost > Gatepost sender, as the page Set-up shows them.",
    "Set the property gatepost.endpoint, and the secret in Gatepost > Gatepost sender, as gatepost connect servicenow "
    "--public-url prints them.",
    Place.SET_UP,
)


class InstalledApp:
    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._verdict_table = VerdictTable(client, fields)

    def seen_by_user(self, config: MappingConfig) -> Iterator[Note]:
        """What a user sees who may not read the app's records.  Raises ConfigurationError when something is missing."""
        tables = {
            table
            for rule in config.measures
            if rule.connection == self._connection
            for table in selected_names(rule.match.table)
        }
        installed = any(map(self._verdict_table.exists_for, tables))
        problems = list(self.missing_columns(config))
        if problems and not installed:
            raise ConfigurationError(
                f"Gatepost's app is not installed in {self._connection}, and Gatepost's account may not install it.",
                remedy=COMMIT_UPDATE_SET,
            )
        if problems:
            raise ConfigurationError(" ".join(problems), remedy=CHANGE_COLUMNS)
        yield Note(SEEN_BY_USER_NOTE) if installed else Note(WITHOUT_APP_NOTE, COMMIT_UPDATE_SET)
        sender = read_sender(self._client, self._fields)
        if installed and (sender is None or not sender.works):
            yield Note("The app does not send events yet.", SET_PROPERTIES)

    def missing_columns(self, config: MappingConfig) -> Iterator[str]:
        """Columns that the mapping writes and the instance does not have.  Raises ToolError."""
        for rule in config.measures:
            for table in selected_names(rule.match.table) if rule.connection == self._connection else ():
                for name in filter(None, rule.write.model_dump().values()):
                    found = self._verdict_table.resolve(table, name)
                    if found.problem is not None:
                        yield f"{table}: {found.problem.message}."
                gate = rule.write.gate
                if gate and self._verdict_table.exists_for(table) and not self._verdict_table.column(table, gate):
                    yield (
                        f"{table}: the rule {rule.name} writes its gate into {gate}, and the app's gate reads the "
                        "verdict's own table: write it into Gate."
                    )
