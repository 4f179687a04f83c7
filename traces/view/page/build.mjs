// Builds the bundle of the page, which is in git: bundle.js and bundle.css, and worker.js, the laboratory's
// worker. The same sources give the same bytes.
import { build } from "esbuild";

await build({
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
});
