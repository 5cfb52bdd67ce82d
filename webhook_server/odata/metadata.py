"""The service document and the model: https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from connector.store.feeds.views import BY_NAME, ColumnType, View
from webhook_server.odata.apply import TRANSFORMATIONS
from webhook_server.odata.filter import FUNCTIONS

NAMESPACE = "Gatepost"
CONTAINER = "Reporting"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
CORE = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml"
CAPABILITIES = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml"

AGGREGATION = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Aggregation.V1.xml"
AGGREGATION_TERMS = "Org.OData.Aggregation.V1"

EDM_TYPES = {
    ColumnType.TEXT: "Edm.String", ColumnType.INTEGER: "Edm.Int32", ColumnType.LONG: "Edm.Int64",
    ColumnType.DECIMAL: "Edm.Decimal", ColumnType.DATE: "Edm.Date", ColumnType.MOMENT: "Edm.DateTimeOffset",
    ColumnType.BOOLEAN: "Edm.Boolean",
}  # fmt: skip


def service_document(views: Sequence[View], context: str) -> dict[str, object]:
    return {
        "@odata.context": context,
        "value": [{"name": view.name, "kind": "EntitySet", "url": view.name, "title": view.about} for view in views],
    }


def model(views: Sequence[View]) -> bytes:
    """CSDL as XML, of the views that the caller may read."""
    names = {view.name for view in views}
    root = Element("edmx:Edmx", {"xmlns:edmx": EDMX, "Version": "4.0"})
    for uri, alias, namespace in (
        (CORE, "Core", "Org.OData.Core.V1"), (CAPABILITIES, "Capabilities", "Org.OData.Capabilities.V1"),
        (AGGREGATION, "Aggregation", AGGREGATION_TERMS),
    ):  # fmt: skip
        SubElement(SubElement(root, "edmx:Reference", {"Uri": uri}), "edmx:Include",
                   {"Namespace": namespace, "Alias": alias})  # fmt: skip
    schema = SubElement(SubElement(root, "edmx:DataServices"), "Schema", {"xmlns": EDM, "Namespace": NAMESPACE})
    for view in views:
        _entity_type(schema, view, names)
    container = SubElement(schema, "EntityContainer", {"Name": CONTAINER})
    for view in views:
        _entity_set(container, view, names)
    _annotations(container, "Capabilities.FilterFunctions", FUNCTIONS)
    _aggregation(container)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entity_type(schema: Element, view: View, names: set[str]) -> None:
    kind = SubElement(schema, "EntityType", {"Name": view.name})
    key = SubElement(kind, "Key")
    for name in view.key:
        SubElement(key, "PropertyRef", {"Name": name})
    for column in view.columns:
        given = {"Name": column.name, "Type": EDM_TYPES[column.type]}
        if not column.nullable:
            given["Nullable"] = "false"
        if column.type is ColumnType.DECIMAL:
            # A number of digits that is not stated would be none after the point.
            given["Scale"] = "variable"
        if column.type is ColumnType.MOMENT:
            given["Precision"] = "6"
        _described(SubElement(kind, "Property", given), column.about)
    for link in view.links:
        if link.view not in names:
            continue
        there = f"{NAMESPACE}.{link.view}"
        one = SubElement(
            kind, "NavigationProperty", {"Name": link.name, "Type": f"Collection({there})" if link.many else there}
        )
        if not link.many and BY_NAME[link.view].key == tuple(theirs for _, theirs in link.columns):
            for ours, theirs in link.columns:
                SubElement(one, "ReferentialConstraint", {"Property": ours, "ReferencedProperty": theirs})
    _described(kind, view.about)


def _entity_set(container: Element, view: View, names: set[str]) -> None:
    found = SubElement(container, "EntitySet", {"Name": view.name, "EntityType": f"{NAMESPACE}.{view.name}"})
    for link in view.links:
        if link.view in names:
            SubElement(found, "NavigationPropertyBinding", {"Path": link.name, "Target": link.view})
    for term in ("InsertRestrictions", "UpdateRestrictions", "DeleteRestrictions"):
        record = SubElement(SubElement(found, "Annotation", {"Term": f"Capabilities.{term}"}), "Record")
        what = {"InsertRestrictions": "Insertable", "UpdateRestrictions": "Updatable"}.get(term, "Deletable")
        SubElement(record, "PropertyValue", {"Property": what, "Bool": "false"})
    search = SubElement(SubElement(found, "Annotation", {"Term": "Capabilities.SearchRestrictions"}), "Record")
    SubElement(search, "PropertyValue", {"Property": "Searchable", "Bool": "false"})


def _described(element: Element, about: str) -> None:
    SubElement(element, "Annotation", {"Term": "Core.Description", "String": about})


def _aggregation(container: Element) -> None:
    """Which part of ``$apply`` is read: clients work the rest out themselves."""
    record = SubElement(SubElement(container, "Annotation", {"Term": "Aggregation.ApplySupportedDefaults"}), "Record")
    names = SubElement(SubElement(record, "PropertyValue", {"Property": "Transformations"}), "Collection")
    for one in TRANSFORMATIONS:
        SubElement(names, "String").text = one
    SubElement(record, "PropertyValue", {"Property": "Rollup", "EnumMember": f"{AGGREGATION_TERMS}.RollupType/None"})


def _annotations(element: Element, term: str, texts: Iterable[str]) -> None:
    collection = SubElement(SubElement(element, "Annotation", {"Term": term}), "Collection")
    for one in texts:
        SubElement(collection, "String").text = one
