"""The web side: doors for events, health for machines.  Flask only; the work is done by the worker."""
