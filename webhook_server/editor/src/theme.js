// Colours come from the page's own variables, so that light, dark and print are the page's business.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: tags.content, color: "var(--code-plain)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.separator, tags.squareBracket, tags.brace, tags.punctuation], color: "var(--code-sign)" },
]);

export const theme = [
  syntaxHighlighting(colours),
  EditorView.theme({
    "&": { color: "var(--code-plain)", backgroundColor: "var(--code-ground)", fontSize: "0.8125rem", height: "100%" },
    "&.cm-focused": { outline: "2px solid var(--code-focus)", outlineOffset: "1px" },
    ".cm-scroller": { fontFamily: "var(--code-font)", lineHeight: "1.55", overflow: "auto" },
    ".cm-content": { caretColor: "var(--code-plain)", paddingBlock: "0.5rem" },
    ".cm-cursor": { borderLeftColor: "var(--code-plain)" },
    ".cm-gutters": { backgroundColor: "var(--code-ground)", color: "var(--code-comment)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--code-line)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--code-chosen)",
    },
    ".cm-tooltip, .cm-panels": {
      backgroundColor: "var(--code-raised)", color: "var(--code-plain)", border: "1px solid var(--code-edge)",
    },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--code-chosen)", color: "var(--code-plain)" },
    ".cm-tooltip.cm-completionInfo": { maxWidth: "24rem", padding: "0.4rem 0.6rem" },
    ".cm-completionDetail": { color: "var(--code-comment)", fontStyle: "normal" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--code-wrong)" },
    ".cm-lintRange-error": {
      backgroundImage: "none", textDecoration: "underline wavy var(--code-wrong) 1.5px", textUnderlineOffset: "3px",
    },
    // The library draws these as pictures inside its style sheet, which the page's policy does not load.
    ".cm-lint-marker": { content: "normal !important", width: "auto", height: "auto", fontWeight: "700", textAlign: "center" },
    ".cm-lint-marker::before": { content: "'\\25CF'", color: "var(--code-wrong)" },
    ".cm-diagnostic-warning": { borderLeftColor: "var(--code-doubtful)" },
    ".cm-lintRange-warning": {
      backgroundImage: "none", textDecoration: "underline dotted var(--code-doubtful) 1.5px", textUnderlineOffset: "3px",
    },
    ".cm-lint-marker-warning::before": { content: "'\\25B2'", color: "var(--code-doubtful)" },
    ".cm-lintRange-info, .cm-lintRange-hint": { backgroundImage: "none" },
    ".cm-panels button": { color: "inherit", background: "none", border: "1px solid var(--code-edge)" },
    ".cm-textfield": { backgroundColor: "var(--code-ground)", color: "inherit", border: "1px solid var(--code-edge)" },
  }),
];
