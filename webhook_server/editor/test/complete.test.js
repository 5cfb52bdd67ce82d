// What is offered at a position.  The bar | marks the position.

import assert from "node:assert/strict";
import { test } from "node:test";

import { choices, connectionAround, quoted } from "../src/complete.js";
import { positionAt } from "../src/cursor-position.js";

const FIELD = { anyOf: [{ type: "string" }, { $ref: "#/$defs/Computed" }, { type: "null" }], description: "First day.", "x-names": "field" };
const SCHEMA = {
  properties: { version: { const: 1 }, measures: { type: "array", items: { $ref: "#/$defs/Rule" } } },
  $defs: {
    Computed: { properties: { cel: { type: "string" } } },
    Selector: { properties: { any: { type: "array", items: { type: "string" } } } },
    Rule: {
      required: ["name"],
      properties: {
        name: { type: "string" },
        connection: { type: "string", "x-names": "connection" },
        reply_comment: { type: "boolean" },
        enforce: { enum: ["native", "off"] },
        labels: { anyOf: [{ type: "array", items: { type: "string" } }, { $ref: "#/$defs/Selector" }], "x-names": "project" },
        facts: { properties: { start: FIELD } },
        write: { properties: { gate: { type: "string", "x-names": "written" } } },
        stage: { properties: { from_status: { additionalProperties: { enum: ["identified"] }, "x-keys": "status" } } },
      },
    },
  },
};
const NAMES = {
  fields: [
    { name: "Start date", kind: "date", editable: true },
    { name: "Created: on", kind: "date", editable: false },
  ],
  projects: ["ITX"], types: [], tables: [], statuses: ["To do"],
};
const HEAD = "measures:\n  - name: a\n    connection: jira-main\n";

const CASES = [
  ["keys of a rule that are not there yet", `${HEAD}    |`, ["reply_comment", "enforce", "labels", "facts", "write", "stage"]],
  ["a needed key first among the keys of a new rule", "measures:\n  - |", ["name: ", "connection: ", "reply_comment: "], 3],
  ["the connections", "measures:\n  - name: a\n    connection: |", ["jira-main", "servicenow-main"]],
  ["fixed values", `${HEAD}    enforce: |`, ["native", "off"]],
  ["yes and no", `${HEAD}    reply_comment: |`, ["true", "false"]],
  ["fields of the rule's connection, quoted where YAML needs it", `${HEAD}    facts: {start: |`, ["Start date", '"Created: on"']],
  ["only fields that may be written", `${HEAD}    write: {gate: |`, ["Start date"]],
  ["names in a list, and in a choice of lists", `${HEAD}    labels: {any: [|`, ["ITX"]],
  ["statuses as keys", `${HEAD}    stage:\n      from_status:\n        |`, ["To do: "]],
  ["stages as their values", `${HEAD}    stage:\n      from_status:\n        To do: |`, ["identified"]],
];

for (const [name, text, wanted, most] of CASES) {
  test(name, async () => {
    const before = text.slice(0, text.indexOf("|"));
    const found = await choices(SCHEMA, positionAt(before), before, before, async () => NAMES, ["jira-main", "servicenow-main"]);
    const told = found.map((one) => (wanted.some((word) => word.endsWith(": ")) || !one.apply.endsWith(": ") ? one.apply : one.label));
    assert.deepEqual(told.slice(0, most), wanted);
  });
}

test("the connection is that of the rule around the position", () => {
  const text = `${HEAD}  - name: b\n    facts: {}\n    connection: servicenow-main\n`;
  assert.equal(connectionAround(text, text.slice(0, text.indexOf("facts"))), "servicenow-main");
  assert.equal(connectionAround(text, HEAD.trimEnd()), "jira-main");
});

test("a name is quoted only where it would mean something else", () => {
  assert.deepEqual(["Start date", "Variance %", "yes", "1st", "a: b", 'say "x"'].map(quoted), [
    "Start date", "Variance %", '"yes"', '"1st"', '"a: b"', '"say \\"x\\""',
  ]);
});
