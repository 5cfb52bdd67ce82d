// Where in a mapping file a position is: the keys that contain it, and whether a key or a value is being written.
//
// The parser of the highlighting forgives too much in a half-written line, and a half-written line is exactly where
// completion is requested.  This reader knows the part of YAML that mappings use: block and flow collections,
// quoted and plain scalars, comments.

const KEY = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#,[\]{}"'][^,[\]{}]*?))\s*:(?=\s|$)/;
const DASH = /^-(\s+|$)/;

/**
 * @param {string} before the text from the file's beginning to the position
 * @returns {{path: (string|number)[], kind: "key"|"value", typed: string, quoted: string, flow: boolean}|null}
 *   null inside a comment
 */
export function positionAt(before) {
  const lines = before.split(/\r\n|\n|\r/);
  const stack = []; // {indent, key} of block mappings, {indent, item} of block lists
  let flow = []; // open brackets: {kind: "[" or "{", path, key, start}
  let rest = null;
  lines.forEach((line, number) => {
    const last = number === lines.length - 1;
    if (flow.length === 0) {
      rest = block(line, stack, last);
      if (rest === null || rest.comment) return;
      feed(rest.text, flow, pathOf(stack), last, rest);
    } else {
      feed(line, flow, null, last, (rest = { text: line }));
    }
  });
  if (rest === null) return { path: [], kind: "key", typed: "", quoted: "", flow: false };
  if (rest.comment) return null;
  if (flow.length > 0) return inFlow(flow[flow.length - 1]);
  return inBlock(rest, stack);
}

function pathOf(stack) {
  return stack.map((entry) => entry.key ?? entry.item);
}

/** Take one line of block style in: what it opens and closes, and the text of its value. */
function block(line, stack, last) {
  let text = line.trimStart();
  let indent = line.length - text.length;
  if (text.startsWith("#")) return { text: "", comment: last };
  if (text === "" && !last) return { text: "", comment: false };
  let dashed = false;
  for (let dash = DASH.exec(text); dash; dash = DASH.exec(text)) {
    const same = stack.findLast((entry) => entry.indent <= indent);
    const count = same?.indent === indent && same.item !== undefined ? same.item + 1 : 0;
    // A list may be at the indent of the key that holds it: that key stays.
    close(stack, (entry) => entry.indent > indent || (entry.indent === indent && entry.item !== undefined));
    stack.push({ indent, item: count });
    indent += dash[0].length;
    text = text.slice(dash[0].length);
    dashed = true;
  }
  const key = KEY.exec(text);
  if (!key) {
    // A key that has no colon yet, or a value on a line of its own.
    if (last) close(stack, (entry) => entry.indent >= indent);
    return { text, hasKey: false, dashed };
  }
  close(stack, (entry) => entry.indent >= indent);
  stack.push({ indent, key: key[1] ?? key[2] ?? key[3] });
  return { text: text.slice(key[0].length), hasKey: true, dashed };
}

function close(stack, over) {
  while (stack.length && over(stack[stack.length - 1])) stack.pop();
}

/** Read a value's text; brackets open and close, the last scalar stays to be looked at. */
function feed(text, flow, path, last, rest) {
  let at = 0;
  let scalar = "";
  let quote = "";
  const open = (kind) => {
    const outer = flow[flow.length - 1];
    const here = outer ? [...outer.path, outer.kind === "[" ? outer.count : outer.key] : path;
    flow.push({ kind, path: here.filter((step) => step !== undefined), key: undefined, count: 0, scalar: "", quote: "" });
    scalar = "";
  };
  const top = () => flow[flow.length - 1];
  if (flow.length) scalar = top().scalar ? `${top().scalar} ` : "";
  while (at < text.length) {
    const sign = text[at];
    if (quote) {
      if (sign === quote && !(quote === '"' && text[at - 1] === "\\")) {
        quote = "";
        if (flow.length) top().closed = true;
      } else scalar += sign;
    } else if (sign === "#" && (at === 0 || /\s/.test(text[at - 1]))) {
      if (last) rest.comment = true;
      break;
    } else if ((sign === '"' || sign === "'") && scalar.trim() === "") {
      quote = sign;
      scalar = "";
    } else if ((sign === "[" || sign === "{") && (flow.length || scalar.trim() === "")) {
      open(sign);
    } else if (flow.length && (sign === "]" || sign === "}")) {
      flow.pop();
      scalar = "";
      if (flow.length) top().done = true;
    } else if (flow.length && sign === ",") {
      top().count += 1;
      top().key = undefined;
      scalar = "";
    } else if (flow.length && top().kind === "{" && sign === ":" && /\s|$/.test(text[at + 1] ?? "") && top().key === undefined) {
      top().key = scalar.trim();
      scalar = "";
    } else scalar += sign;
    at += 1;
  }
  if (flow.length) {
    top().scalar = scalar.trimStart();
    top().quote = quote;
  } else {
    rest.scalar = scalar;
    rest.quote = quote;
  }
}

function inFlow(top) {
  const found = { typed: top.scalar, quoted: top.quote, flow: true };
  if (top.kind === "{" && top.key === undefined) return { ...found, path: top.path, kind: "key" };
  return { ...found, path: [...top.path, top.kind === "[" ? top.count : top.key], kind: "value" };
}

function inBlock(rest, stack) {
  const typed = (rest.scalar ?? rest.text).trimStart();
  const found = { typed, quoted: rest.quote ?? "", flow: false };
  if (rest.hasKey) return { ...found, path: pathOf(stack), kind: "value" };
  // After a dash either an item's value or the first key of its mapping may follow: the schema knows which.
  return { ...found, path: pathOf(stack), kind: rest.dashed ? "value" : "key" };
}
