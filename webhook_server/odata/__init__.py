"""``/odata/v4/``: the reporting views for Excel, Power BI, Tableau and whatever else reads OData."""
