"""Services: their definitions, what was measured of them, and their figures."""
