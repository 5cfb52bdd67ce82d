"""Numbered versions of the mapping, and drafts."""
