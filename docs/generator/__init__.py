"""Makes the pages of the documentation that the code itself can write, and brings in files from outside ``docs/``.

``mkdocs`` loads ``docs/hooks.py``; each module here but the helpers makes one page of the reference as Markdown text.
"""
