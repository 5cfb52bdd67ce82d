"""Questions and requests about measures that pages, the API and the command line share."""
