"""One measure as people ask for it: its facts, its verdict, its history."""
