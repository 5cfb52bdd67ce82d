"""Configuration items: a service offering is a service, which is a configuration item."""

from __future__ import annotations

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.schema.task import person

ITEM = (
    Column("name", "Name"),
    Column("short_description", "Short description", max_length=1000),
    Column(
        "operational_status",
        "Operational status",
        "integer",
        choices=(("1", "Operational"), ("2", "Non-Operational"), ("6", "Retired")),
    ),
    Column("install_status", "Status", "integer", choices=(("1", "Installed"), ("7", "Retired"))),
    Column("life_cycle_stage", "Life Cycle Stage"),
    person("owned_by", "Owned by"),
    Column("cost", "Cost", "currency"),
)
SERVICE = (
    Column("busines_criticality", "Business criticality"),
    Column("u_retirement_date", "Retirement date", "glide_date"),
)
OFFERING = (
    Column("parent", "Parent", "reference", 32, reference="cmdb_ci_service"),
    Column("price_model", "Price model"),
)
TABLES = (
    Table("cmdb_ci", "Configuration Item", ITEM),
    Table("cmdb_ci_service", "Service", SERVICE, parent="cmdb_ci"),
    Table("service_offering", "Offering", OFFERING, parent="cmdb_ci_service"),
)
