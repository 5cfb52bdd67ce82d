// What the mapping's JSON Schema says of a position in the file.

/** The forms that a position may have: references followed, alternatives side by side, without null. */
export function forms(schema, root) {
  if (!schema) return [];
  if (schema.$ref) return forms(root.$defs[schema.$ref.split("/").pop()], root).map((form) => ({ ...form, ...about(schema) }));
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.flatMap((one) => forms(one, root)).map((form) => ({ ...form, ...about(schema) }));
  return schema.type === "null" ? [] : [schema];
}

/** What is beside a reference or a choice is about the position, and counts before the form's own texts. */
function about(schema) {
  const words = {};
  for (const name of ["description", "x-names", "x-keys"]) if (schema[name]) words[name] = schema[name];
  return words;
}

/** The forms at a path of keys and numbers. */
export function formsAt(root, path) {
  let here = forms(root, root);
  for (const step of path) {
    here = here.flatMap((form) => {
      if (typeof step === "number") return forms(form.items, root).map((inner) => ({ ...around(form), ...inner }));
      const inner = form.properties?.[step];
      const named = ["any", "all", "none"].includes(step) ? around(form) : {};
      if (inner) return forms(inner, root).map((one) => ({ ...named, ...one }));
      return typeof form.additionalProperties === "object" ? forms(form.additionalProperties, root) : [];
    });
  }
  return here;
}

/** A list's names are the names of its items. */
function around(form) {
  return form["x-names"] ? { "x-names": form["x-names"] } : {};
}

/** Keys that may be at a path: name, description, whether it has to be there. */
export function keysAt(root, path) {
  const found = new Map();
  for (const form of formsAt(root, path)) {
    for (const [name, inner] of Object.entries(form.properties ?? {})) {
      const described = inner.description ?? forms(inner, root).find((one) => one.description)?.description ?? "";
      if (!found.has(name)) found.set(name, { name, description: described, needed: (form.required ?? []).includes(name) });
    }
  }
  return [...found.values()];
}

/** Fixed values that may be at a path. */
export function valuesAt(root, path) {
  const found = new Set();
  for (const form of formsAt(root, path)) {
    for (const value of form.enum ?? []) found.add(String(value));
    if (form.const !== undefined) found.add(String(form.const));
    if (form.type === "boolean") ["true", "false"].forEach((value) => found.add(value));
  }
  return [...found];
}

/** What kind of names people use at a path (field, written, connection, project, …), for values or for keys. */
export function namesAt(root, path, word = "x-names") {
  for (const form of formsAt(root, path)) if (form[word]) return form[word];
  return null;
}
