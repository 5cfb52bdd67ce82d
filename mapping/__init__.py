"""Which work item becomes which measure, and which verdict goes to which field.

Imports :mod:`governance` only.
"""
