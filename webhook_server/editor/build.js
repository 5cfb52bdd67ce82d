// Bundles the editor into one file beside its licences.  `--digest` only prints the digest of the sources.
//
// The digest is in the first line of the bundle; a test compares the committed bundle with the sources by it.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "../static/vendor/editor.min.js");

export function digest() {
  const names = ["build.js", "package-lock.json", ...readdirSync(join(HERE, "src")).sort().map((name) => `src/${name}`)];
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${name}\n`).update(readFileSync(join(HERE, name)));
  return hash.digest("hex");
}

/** Name, version and licence text of every package that is in the bundle. */
function licences(inputs) {
  const folders = new Set(
    inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean),
  );
  return [...folders].sort().map((folder) => {
    const about = JSON.parse(readFileSync(join(HERE, folder, "package.json"), "utf8"));
    const file = ["LICENSE", "LICENSE.md", "license"].map((name) => join(HERE, folder, name)).find(existsSync);
    return `${about.name} ${about.version} (${about.license})\n\n${file ? readFileSync(file, "utf8").trim() : ""}\n`;
  });
}

async function build() {
  const { build: bundle } = await import("esbuild");
  const result = await bundle({
    entryPoints: [join(HERE, "src/main.js")],
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2022"],
    legalComments: "none",
    charset: "utf8",
    metafile: true,
    write: false,
  });
  const head = `/*! Gatepost mapping editor. Built by "make editor" from sources ${digest()}. Licences: editor.LICENSES.txt */\n`;
  writeFileSync(OUT, head + result.outputFiles[0].text);
  const licenceTexts = licences(Object.keys(result.metafile.inputs));
  writeFileSync(OUT.replace("editor.min.js", "editor.LICENSES.txt"), licenceTexts.join(`\n${"-".repeat(100)}\n\n`));
  console.log(`${OUT}: ${Math.round(result.outputFiles[0].text.length / 1024)} kB, ${licenceTexts.length} packages`);
}

if (process.argv.includes("--digest")) console.log(digest());
else await build();
