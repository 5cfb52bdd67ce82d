// The mapping editor: replaces a textarea, and keeps it filled, so that forms and htmx see a textarea.
//
// The textarea says where to ask:
//   data-editor               makes it an editor
//   data-check="/…"           POST the text, get {problems, warnings: [{line, column, message, hint, path}]}
//   data-schema="/…"          the mapping's JSON Schema
//   data-names="/…?connection=" + name   fields, projects, types, tables and statuses of a connection
//   data-connections="a,b"    the connections
// Elements with data-goto-line (and data-goto-column) lead to a line.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { forEachDiagnostic, lintGutter, lintKeymap, linter, nextDiagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
} from "@codemirror/view";
import { completion } from "./complete.js";
import { toMarks } from "./problems.js";
import { theme } from "./theme.js";

const NOTHING = { fields: [], projects: [], types: [], tables: [], statuses: [] };
// The page allows the one style element that the editor adds by this nonce.
const NONCE = document.querySelector('meta[name="style-nonce"]')?.content ?? "";

async function json(address, options) {
  const answer = await fetch(address, { credentials: "same-origin", ...options });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return answer.json();
}

/** Ask once, and again only after a failure. */
function once(ask) {
  let kept = null;
  return () => (kept ??= ask().catch((error) => { kept = null; throw error; }));
}

function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function problemsOf(area) {
  return async (view) => {
    const headers = { "Content-Type": "text/plain; charset=utf-8", "X-CSRFToken": token() };
    try {
      const found = await json(area.dataset.check, { method: "POST", headers, body: view.state.doc.toString() });
      return toMarks(view.state.doc, found);
    } catch {
      // The page itself says when the server does not answer; a mark would be about the text.
      return [];
    }
  };
}

function namesFrom(area) {
  const requested = new Map();
  return (connection) => {
    if (!requested.has(connection)) {
      requested.set(connection, once(() => json(area.dataset.names + encodeURIComponent(connection))));
    }
    return requested.get(connection)().catch(() => NOTHING);
  };
}

function extensions(area) {
  const schema = once(() => json(area.dataset.schema));
  const connections = (area.dataset.connections ?? "").split(",").filter(Boolean);
  const help = area.dataset.help ?? "";
  return [
    NONCE ? EditorView.cspNonce.of(NONCE) : [],
    EditorState.phrases.of({ "Control character": "Control character" }),
    lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), foldGutter(), drawSelection(),
    indentUnit.of("  "), indentOnInput(), bracketMatching(), closeBrackets(), highlightActiveLine(),
    highlightSelectionMatches(), yaml(), theme, EditorView.lineWrapping,
    autocompletion({
      override: [completion(() => schema(), namesFrom(area), connections)],
      icons: false, closeOnBlur: true, maxRenderedOptions: 200,
    }),
    area.readOnly ? [EditorState.readOnly.of(true)] : [linter(problemsOf(area), { delay: 400 }), lintGutter()],
    EditorView.contentAttributes.of({
      "aria-label": area.dataset.label ?? "Mapping", "aria-multiline": "true", tabindex: "0", ...(help ? { "aria-describedby": help } : {}),
    }),
    keymap.of([
      ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap,
      { key: "Mod-s", preventDefault: true, run: () => { area.dispatchEvent(new Event("change", { bubbles: true })); return true; } },
      ...defaultKeymap, indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      area.value = update.state.doc.toString();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }),
  ];
}

function start(area) {
  const view = new EditorView({ state: EditorState.create({ doc: area.value, extensions: extensions(area) }) });
  const shell = document.createElement("div");
  shell.className = "code-editor";
  shell.append(view.dom);
  area.after(shell);
  area.hidden = true;
  document.querySelectorAll(`label[for="${area.id}"]`).forEach((label) => {
    label.addEventListener("click", () => view.focus());
  });
  area.form?.addEventListener("reset", () => replace(view, area.defaultValue));
  area.addEventListener("editor:replace", (event) => replace(view, event.detail));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-goto-line]");
    if (!link) return;
    event.preventDefault();
    goTo(view, Number(link.dataset.gotoLine), Number(link.dataset.gotoColumn ?? 1));
  });
  area.editor = { view, next: () => nextDiagnostic(view), marks: () => marks(view) };
  shell.dataset.ready = "yes";
}

function marks(view) {
  const found = [];
  forEachDiagnostic(view.state, (mark, from) => found.push({ line: view.state.doc.lineAt(from).number, message: mark.message, severity: mark.severity }));
  return found;
}

function replace(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

function goTo(view, line, column) {
  const there = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const anchor = Math.min(there.from + Math.max(column - 1, 0), there.to);
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}

function startAll() {
  document.querySelectorAll("textarea[data-editor]").forEach((area) => { if (!area.editor) start(area); });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
else startAll();
