"""The first line of each page: what it answers, as whole sentences that are filled with data.

No sentence is put together from parts (``deploy/adr/0068-whole-sentences.md``): another language translates the
templates of this package, and nothing else.  Which template is used follows from data.  Several sentences may follow
on one another, each whole by itself: what is so, what it costs, who has to act, by when.
"""
