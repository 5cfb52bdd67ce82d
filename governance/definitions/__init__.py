"""The definitions of money: one function for each term that finance uses, with its formula and its source.

:mod:`governance.definitions.sheet` lists them; pages, files, API and command line use its words.
"""
