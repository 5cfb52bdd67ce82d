"""The pure domain: standard library only, no I/O, no clock, no environment.

The entry point is :func:`governance.assess.assess`; everything else in this package is what it
needs.  The terms are those of the practice (degree of implementation, gate, effect,
blocker, confirmation).
"""
