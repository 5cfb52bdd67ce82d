"""The evidence pack of a measure: one archive that is read and checked without Gatepost."""
