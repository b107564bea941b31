// Prints how much compressed script the first page loads, and fails above the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 250 * 1024;
const FIRST_ROUTES = ["src/features/home/home-page.tsx"]; // what the entry imports by itself to show `/`

const out = new URL("../src/tallybook/delivery/web/static/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", out), "utf8"));

const loaded = new Set();
const follow = (name) => {
  const chunk = manifest[name];
  if (chunk === undefined)
    throw new Error(`${name} is not in the manifest: build first, or correct the name`);
  if (loaded.has(chunk.file)) return;
  loaded.add(chunk.file);
  for (const imported of chunk.imports ?? []) follow(imported);
};
for (const name of ["index.html", ...FIRST_ROUTES]) follow(name);

let total = 0;
for (const file of loaded) {
  const size = gzipSync(readFileSync(new URL(file, out))).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${file}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(7)} KB  first load, of ${BUDGET / 1024} KB`);
if (total > BUDGET) process.exit(1);
