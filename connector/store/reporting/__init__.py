"""Figures over many measures: portfolio, roll-ups, exchange rates, and what waits for a person."""
