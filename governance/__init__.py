"""The pure domain: standard library only, no I/O, no clock, no environment.

The one door is :func:`governance.assess.assess`; everything else in this package is what
that door needs.  Words are those of the practice (degree of implementation, gate, effect,
blocker, confirmation).
"""
