"""The steering committee's deck: what it says, laid out on pages, and written as slides."""
