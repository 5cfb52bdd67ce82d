// Completion: keys with their meaning, fixed values, and the names that the connected tool really has.

import { positionAt } from "./cursor-position.js";
import { keysAt, namesAt, valuesAt } from "./schema.js";

/**
 * @param {() => Promise<object>} schema
 * @param {(connection: string) => Promise<{fields: object[], projects: string[], types: string[], tables: string[],
 *   statuses: string[]}>} names
 * @param {string[]} connections
 */
export function completion(schema, names, connections) {
  return async (context) => {
    const before = context.state.sliceDoc(0, context.pos);
    const position = positionAt(before);
    if (!position) return null;
    if (!context.explicit && position.typed.trim() === "" && position.kind === "key") return null;
    const root = await schema();
    const options = await choices(root, position, context.state.doc.toString(), before, names, connections);
    if (options.length === 0) return null;
    return { from: context.pos - position.typed.length, options, validFor: /^[^,[\]{}#:"]*$/ };
  };
}

/** Every choice at a position, best first. */
export async function choices(root, position, text, before, names, connections) {
  const present = siblings(text, before, position);
  const keys = () =>
    keysAt(root, position.path)
      .filter((key) => !present.has(key.name))
      .map((key) => ({
        label: key.name,
        apply: `${key.name}: `,
        type: "property",
        detail: key.needed ? "needed" : "",
        info: key.description || undefined,
        boost: key.needed ? 2 : 0,
      }));
  if (position.kind === "key") {
    const kind = namesAt(root, position.path, "x-keys");
    const named = kind ? await namedChoices(kind, text, before, names, connections, position) : [];
    return [...keys(), ...named.map((one) => ({ ...one, apply: `${one.apply}: ` }))];
  }
  const fixed = valuesAt(root, position.path).map((value) => ({ label: value, apply: value, type: "enum" }));
  const kind = namesAt(root, position.path);
  const named = kind ? await namedChoices(kind, text, before, names, connections, position) : [];
  const opens = typeof position.path.at(-1) === "number" ? keys() : [];
  return [...fixed, ...named, ...opens];
}

async function namedChoices(kind, text, before, names, connections, position) {
  const scalar = (name) => (position.quoted ? name : quoted(name));
  if (kind === "connection") {
    return connections.map((name) => ({ label: name, apply: scalar(name), type: "namespace" }));
  }
  const connection = connectionAround(text, before);
  if (!connection) return [];
  const there = await names(connection);
  const fields = (only) =>
    there.fields
      .filter((field) => !only || field.editable)
      .map((field) => ({ label: field.name, apply: scalar(field.name), type: "variable", detail: field.kind }));
  const plain = (list) => list.map((name) => ({ label: name, apply: scalar(name), type: "constant" }));
  switch (kind) {
    case "field":
      return fields(false);
    case "written":
      return fields(true);
    case "project":
      return plain(there.projects);
    case "type":
      return plain(there.types);
    case "table":
      return plain(there.tables);
    case "status":
      return plain(there.statuses);
    default:
      return [];
  }
}

/** A scalar that means the text and nothing else, also inside brackets. */
export function quoted(text) {
  const plain = /^[A-Za-z][A-Za-z0-9_ .%/()-]*$/.test(text) && !/\s$/.test(text) && !/^(?:true|false|yes|no|on|off|null)$/i.test(text);
  return plain ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** The connection of the rule around a position: the nearest one that is named in the same item of `measures`. */
export function connectionAround(text, before) {
  const lines = text.split("\n");
  const here = before.split("\n").length - 1;
  const start = findLast(lines, here, (line) => /^\s*-\s+name\s*:/.test(line) || /^\s*-\s+connection\s*:/.test(line));
  if (start < 0) return null;
  const indent = /^\s*/.exec(lines[start])[0].length;
  for (let number = start; number < lines.length; number += 1) {
    const line = lines[number];
    if (number > start && line.trim() && /^\s*/.exec(line)[0].length <= indent) break;
    const found = /^\s*(?:-\s+)?connection\s*:\s*["']?([\w-]+)/.exec(line);
    if (found) return found[1];
  }
  return null;
}

function findLast(lines, from, wanted) {
  for (let number = from; number >= 0; number -= 1) if (wanted(lines[number])) return number;
  return -1;
}

/** Keys that are already beside the one being written, in block style. */
function siblings(text, before, position) {
  const found = new Set();
  if (position.flow) return found;
  const lines = text.split("\n");
  const here = before.split("\n").length - 1;
  const width = (line) => /^\s*(?:-\s+)*/.exec(line)[0].length;
  const indent = width(lines[here]);
  for (const step of [-1, 1]) {
    for (let number = here + step; number >= 0 && number < lines.length; number += step) {
      const line = lines[number];
      if (!line.trim() || line.trim().startsWith("#")) continue;
      if (width(line) < indent) break;
      const key = /^\s*(?:-\s+)*([\w]+)\s*:/.exec(line);
      if (key && width(line) === indent) found.add(key[1]);
      if (step < 0 && /^\s*-\s/.test(line) && width(line) === indent) break;
      if (step > 0 && /^\s*-\s/.test(line) && /^\s*/.exec(line)[0].length < indent) break;
    }
  }
  return found;
}
