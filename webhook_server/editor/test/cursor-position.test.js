// Where a position stands in a mapping.  The bar | marks the position.

import assert from "node:assert/strict";
import { test } from "node:test";

import { positionAt } from "../src/cursor-position.js";

const HEAD = "version: 1\npolicy: {hurdle: 1}  # numbers\nmeasures:\n  - name: epics\n    connection: jira-main\n";

const CASES = [
  ["a first key", "|", [], "key", ""],
  ["a key half written", "vers|", [], "key", "vers"],
  ["a value", "version: |", ["version"], "value", ""],
  ["a value half written", "organization: Nord|", ["organization"], "value", "Nord"],
  ["a key in brackets", "policy: {hur|", ["policy"], "key", "hur"],
  ["a second key in brackets", "policy: {hurdle: 1, |", ["policy"], "key", ""],
  ["a value in brackets", "policy: {preset: fi|", ["policy", "preset"], "value", "fi"],
  ["a list in brackets", "policy: {off: [A, B|", ["policy", "off", 1], "value", "B"],
  ["an item's first key", "measures:\n  - na|", ["measures", 0], "value", "na"],
  ["an item's next key", `${HEAD}    ro|`, ["measures", 0], "key", "ro"],
  ["a role", `${HEAD}    roles: {owner: Assi|`, ["measures", 0, "roles", "owner"], "value", "Assi"],
  ["a nested block key", `${HEAD}    facts:\n      sta|`, ["measures", 0, "facts"], "key", "sta"],
  ["a nested block value", `${HEAD}    facts:\n      start: St|`, ["measures", 0, "facts", "start"], "value", "St"],
  ["after a nested block", `${HEAD}    facts:\n      start: A\n    wri|`, ["measures", 0], "key", "wri"],
  ["a second rule", `${HEAD}  - name: two\n    match: {type: [|`, ["measures", 1, "match", "type", 0], "value", ""],
  ["back at the top", `${HEAD}    facts:\n      start: A\npol|`, [], "key", "pol"],
  ["brackets over two lines", `${HEAD}    roles: {owner: A,\n            spon|`, ["measures", 0, "roles"], "key", "spon"],
  ["a quoted value", `${HEAD}    hierarchy: {program: "{Prog|`, ["measures", 0, "hierarchy", "program"], "value", "{Prog"],
  ["a status", `${HEAD}    stage:\n      from_status:\n        To do: iden|`, ["measures", 0, "stage", "from_status", "To do"], "value", "iden"],
  ["a list at its key's indent", "measures:\n- name: a\n  connection: b\n- name: |", ["measures", 1, "name"], "value", ""],
  ["a list item", "committees:\n  - name: x\n    programs:\n      - A\n      - |", ["committees", 0, "programs", 1], "value", ""],
  ["after a list", `committees:\n  - programs: [A]\n    members:\n      - a\n    quo|`, ["committees", 0], "key", "quo"],
  ["windows line ends", "policy:\r\n  pre|", ["policy"], "key", "pre"],
];

for (const [name, text, path, kind, typed] of CASES) {
  test(name, () => {
    const found = positionAt(text.slice(0, text.indexOf("|")));
    assert.deepEqual([found.path, found.kind, found.typed], [path, kind, typed]);
  });
}

test("a comment has no position", () => {
  assert.equal(positionAt("version: 1 # a no"), null);
  assert.equal(positionAt("# a no"), null);
});
