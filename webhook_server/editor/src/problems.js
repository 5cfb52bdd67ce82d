// The server's problems and warnings, as marks in the text.

/** One problem of the server as a mark: from its column to the end of the word, or of the line when it says more. */
function toMark(doc, problem) {
  const number = Math.min(Math.max(problem.line, 1), doc.lines);
  const line = doc.line(number);
  const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
  const word = /^(?:"[^"]*"|[^\s,:\]}]+)/.exec(line.text.slice(from - line.from));
  const to = Math.min(line.to, from + (word ? word[0].length : 1));
  const message = problem.hint ? `${problem.message} ${problem.hint}` : problem.message;
  return { from, to: Math.max(to, from), severity: problem.severity ?? "error", message, source: problem.path || undefined };
}

/** What the server found: problems stop the mapping, warnings say what could slip through. */
export function toMarks(doc, found) {
  const warnings = (found.warnings ?? []).map((warning) => ({ ...warning, severity: "warning" }));
  return [...found.problems, ...warnings].map((one) => toMark(doc, one));
}
