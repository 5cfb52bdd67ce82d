// What the server found is marked where it is, and a warning is no error.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toMarks } from "../src/problems.js";

function documentOf(text) {
  const lines = text.split("\n");
  const starts = lines.map((_, index) => lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0));
  return {
    lines: lines.length,
    line: (number) => ({ from: starts[number - 1], to: starts[number - 1] + lines[number - 1].length, text: lines[number - 1] }),
  };
}

test("problems are errors, warnings are warnings, each at its word", () => {
  const found = {
    problems: [{ line: 1, column: 1, path: "version", message: "It is 1.", hint: "Write 1." }],
    warnings: [{ line: 2, column: 1, path: "policy", message: "Every money rule is off.", hint: "" }],
  };
  assert.deepEqual(toMarks(documentOf("version: 2\npolicy: {}"), found), [
    { from: 0, to: 7, severity: "error", message: "It is 1. Write 1.", source: "version" },
    { from: 11, to: 17, severity: "warning", message: "Every money rule is off.", source: "policy" },
  ]);
});

test("a server without warnings marks its problems", () => {
  assert.deepEqual(toMarks(documentOf(""), { problems: [] }), []);
  const beyond = { problems: [{ line: 9, column: 9, path: "", message: "It ends too early.", hint: "" }] };
  assert.deepEqual(toMarks(documentOf("a"), beyond), [
    { from: 1, to: 1, severity: "error", message: "It ends too early.", source: undefined },
  ]);
});
