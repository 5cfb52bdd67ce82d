"""Papers: files that finance and the committee work with, made of the same figures as the pages."""
