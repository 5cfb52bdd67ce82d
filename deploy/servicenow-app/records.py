"""Records of an instance as an update set has them, made from their fields alone.

Ids are hashes of what a record is, so that the same sources give the same bytes and a newer version updates the records
of an older one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

ORDER = {
    "sys_user_role": "Role",
    "sys_user_role_contains": "Role Contains",
    "sys_db_object": "Table",
    "sys_dictionary": "Dictionary",
    "sys_properties": "System Property",
    "sys_properties_category": "System Property Category",
    "sys_properties_category_m2m": "System Property Category Member",
    "sys_ui_message": "Message",
    "sys_script_include": "Script Include",
    "sys_security_acl": "Access Control",
    "sys_security_acl_role": "Access Roles",
    "sys_app_application": "Application Menu",
    "sys_app_module": "Module",
    "sys_ui_list": "List Layout",
    "sys_ui_list_element": "List Layout",
    "sys_script": "Business Rule",
    "sys_script_fix": "Fix Script",
    "sysauto_script": "Scheduled Script Execution",
}
"""Tables in the order in which an instance can take them, and what a preview calls their kind."""


@dataclass(frozen=True, slots=True)
class AppRecord:
    """One record; ``key`` tells it from the others of its table."""

    table: str
    key: str
    name: str
    fields: Mapping[str, str]
    package: str
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Attributes of fields, such as the name of the role behind a reference."""
    children: tuple[AppRecord, ...] = ()
    about: str = ""
    """The table of the instance that this record concerns."""

    @property
    def sys_id(self) -> str:
        return sys_id(self.table, self.key)

    @property
    def update_name(self) -> str:
        """The name under which the platform tracks the record."""
        if self.table == "sys_dictionary":
            return f"sys_dictionary_{self.fields['name']}_{self.fields.get('element') or 'null'}"
        if self.table == "sys_ui_list":
            return f"sys_ui_list_{self.fields['name']}_null"
        return f"{self.table}_{self.sys_id}"

    @property
    def payload(self) -> str:
        """The record as the payload of a change of an update set."""
        if self.table == "sys_ui_list":
            return self._list_payload()
        own = {"sys_id": self.sys_id, "sys_scope": "global", "sys_update_name": self.update_name}
        given = " ".join(f'{name}="{value}"' for name, value in self._dictionary_attributes().items())
        lines = [
            '<?xml version="1.0"?>',
            f'<record_update table="{self.table}">',
            f'  <{self.table} action="INSERT_OR_UPDATE"{" " + given if given else ""}>',
            *(self.element(name, value) for name, value in {**own, **self.fields}.items()),
            f"  </{self.table}>",
            "</record_update>",
        ]
        return "\n".join(lines) + "\n"

    def _dictionary_attributes(self) -> Mapping[str, str]:
        if self.table != "sys_dictionary":
            return {}
        return {"element": self.fields.get("element", ""), "table": self.fields["name"]}

    def element(self, name: str, value: str) -> str:
        """One field as XML."""
        attributes = {"sys_scope": {"display_value": "global"}, **self.attributes}.get(name, {})
        tag = " ".join((name, *(f'{key}="{escape(text)}"' for key, text in attributes.items())))
        if not value:
            return f"    <{tag}/>"
        text = f"<![CDATA[{value}]]>" if name == "script" else escape(value)
        return f"    <{tag}>{text}</{name}>"

    def _list_payload(self) -> str:
        lines = ['<?xml version="1.0"?>', "<record_update>", f'  <sys_ui_list table="{self.fields["name"]}">']
        for child in self.children:
            lines += ['    <sys_ui_list_element action="INSERT_OR_UPDATE">']
            lines += [
                f"  {child.element(name, value)}" for name, value in {"sys_id": child.sys_id, **child.fields}.items()
            ]
            lines += ["    </sys_ui_list_element>"]
        lines += ['    <sys_ui_list action="INSERT_OR_UPDATE">']
        own = {"sys_id": self.sys_id, "sys_scope": "global", "sys_update_name": self.update_name}
        lines += [f"  {self.element(name, value)}" for name, value in {**own, **self.fields}.items()]
        return "\n".join([*lines, "    </sys_ui_list>", "  </sys_ui_list>", "</record_update>"]) + "\n"


def sys_id(table: str, key: str) -> str:
    return hashlib.sha256(f"gatepost\n{table}\n{key}".encode()).hexdigest()[:32]
