"""People's text in other people's pages: it reads as it was written, and does nothing."""

from __future__ import annotations

import pytest

from connector.jira import wiki
from mapping.neutral_text import neutral, without_joiners

TEXTS = {
    "plain": ("too dear, 1.2M - see 2026-10 (A & B)", "too dear, 1.2M - see 2026-10 (A & B)"),
    "ServiceNow's code": ("[code]<b>x</b>[/code]", "[\u2060code]<\u2060b>x<\u2060/b>[\u2060/code]"),
    "a wiki mention": ("[~admin]", "[\u2060~\u2060admin]"),
    "a mention": ("@A. Kaya", "@\u2060A. Kaya"),
    "a link": ("https://x.example", "https:\u2060//x.example"),
    "a bare link": ("www.x.example", "www\u2060.x.example"),
    "a mail address": ("mailto:x@y.example", "mailto\u2060:x@\u2060y.example"),
    "a wiki link": ("[Gatepost|https://x.example]", "[\u2060Gatepost|\u2060https:\u2060//x.example]"),
    "a macro": ("{html}x{html}", "{\u2060html}x{\u2060html}"),
    "an image": ("!x.png!", "!\u2060x.png!\u2060"),
    "a chat mention": ("<!channel>", "<\u2060!\u2060channel>"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_loses_its_effect_and_nothing_else(text: str, expected: str) -> None:
    assert neutral(text) == expected
    assert neutral(expected) == expected, "once is enough"
    assert without_joiners(expected) == text


WIKI = {
    "plain": ("Decided approved by M. Brandt: 1,200.50 EUR until 2026-10.", "Decided approved by M. Brandt: 1,200.50 EUR until 2026-10."),
    "our own list": ("- M. Brandt, 21 Nov 2026: why?", "- M. Brandt, 21 Nov 2026: why?"),
    "a macro": ("{color:red}x{color}", r"\{color:red\}x\{color\}"),
    "a mention": ("[~admin]", r"\[\~admin\]"),
    "an image": ("!x.png!", r"\!x.png\!"),
    "bold, cited, struck": ("*b* ??c?? -s- _i_ ^u^ +x+", r"\*b\* \??c\?? \-s- \_i\_ \^u\^ \+x\+"),
    "a table": ("|| a || b |", r"\|\| a \|\| b \|"),
    "a backslash": (r"\{x", r"\\\{x"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WIKI.values(), ids=WIKI)
def test_wiki_text_shows_its_signs_instead_of_following_them(text: str, expected: str) -> None:
    assert wiki.escape(text) == expected
