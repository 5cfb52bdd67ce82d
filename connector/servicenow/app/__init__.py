"""Gatepost's app for ServiceNow as records, for instances on which they are made over the Table API.

``records.json`` is made by ``make servicenow-app`` from the same sources as the update set.
"""
