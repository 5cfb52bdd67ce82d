"""The papers of the reporting calendar: what each says, and as whom it is made."""
