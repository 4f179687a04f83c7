// Builds the bundle of the page, which is in git: bundle.js and bundle.css, and worker.js, the laboratory's
// worker. The same sources give the same bytes. What is of other people stands with its licence at the top.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: { bundle: "src/main.tsx", worker: "src/lab/worker.ts" },
  outdir: ".",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome120", "firefox121", "safari17"],
  charset: "ascii",
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".css": "css" },
  legalComments: "none",
  metafile: true,
});

const folders = Object.keys(metafile.inputs)
  .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  .filter((name) => name !== undefined);

/** Licences, each with the packages that have it. */
const licences = new Map();
for (const name of [...new Set(folders)].sort()) {
  const folder = `node_modules/${name}`;
  const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
  if (!file) throw new Error(`${name} has no licence`);
  const text = readFileSync(`${folder}/${file}`, "utf8").trim().replaceAll("\r", "").replaceAll("\u00a9", "(c)");
  licences.set(text, [...(licences.get(text) ?? []), name]);
}
const notice = [...licences].map(([text, names]) => `${names.join(", ")}:\n\n${text}`).join("\n\n");
writeFileSync("bundle.js", `/*\nThis program holds parts of\n\n${notice}\n*/\n${readFileSync("bundle.js", "utf8")}`);
