// What the laboratory's page calls works in a browser: from a file, under the page's policy, in a worker. The page's
// own program is replaced by one that hands the laboratory to the test.
import { expect, type Page, test } from "@playwright/test";
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { laboratory, shell, workplace } from "./commands.ts";
import type { Laboratory } from "../src/lab/client.ts";

declare global {
  interface Window {
    laboratory: Laboratory;
  }
}

const file = join(workplace, `laboratory-engine-${process.pid}.html`);

test.beforeAll(async () => {
  const html = readFileSync(laboratory, "utf8");
  const script = await program();
  const own = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? "";
  writeFileSync(file, html.replace(digest(own), () => digest(script)).replace(own, () => script));
});

/** The program of the test's page. */
async function program(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { laboratoryOf } from "./src/lab/client.ts"; import { part } from "./src/model/load.ts";
        addEventListener("DOMContentLoaded", () => { globalThis.laboratory = laboratoryOf(part); });`,
      resolveDir: join(dirname(fileURLToPath(import.meta.url)), ".."), loader: "ts",
    },
    bundle: true, write: false, minify: true, format: "iife", charset: "ascii", legalComments: "none",
  });
  return outputFiles[0]!.text.trim();
}

const digest = (text: string) => createHash("sha256").update(text).digest("base64");

/** Opens the page, and has whatever is wrong with it end up in a list. */
async function open(page: Page): Promise<string[]> {
  const wrong: string[] = [], address = pathToFileURL(file).href;
  page.on("request", (r) => {
    if (r.url() !== address && !r.url().startsWith("blob:")) wrong.push(`a request of ${r.url()}`);
  });
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(e.message));
  await page.goto(address);
  return wrong;
}

test("it starts, runs, loses a message and says what that changed, and asks for nothing", async ({ page }) => {
  const wrong = await open(page);
  const got = await page.evaluate(async () => {
    const { laboratory } = window, times: number[] = [], begun = performance.now();
    await laboratory.start();
    times.push(performance.now() - begun);
    const run = await laboratory.run({ args: ["default"] });
    times.push(performance.now() - begun);
    const story = laboratory.text(`traces/runs/${run.name}/story.txt`);
    const vote = /^.* (\w{16}) +granting vote/m.exec(story)?.[1] ?? "";
    const other = await laboratory.run({ args: ["default"], flags: ["-drop", vote] });
    const difference = await laboratory.diff(run.name, other.name);
    const data = await laboratory.data(run.name);
    return { times, story, vote, other, difference: difference.stdout, data: data.length };
  });
  console.log(`started in ${got.times.map((ms) => `${Math.round(ms)} ms`).join(", ran in ")}, since it began`);
  const lines = shell(`go run ./cmd/run -quiet && cat traces/runs/default-1/story.txt &&
    go run ./cmd/run -json -files otlp,story -drop ${got.vote} default`);
  expect(got.story + got.other.stdout).toBe(lines.stdout);
  expect(got.difference).toContain(`-drop ${got.vote}`);
  expect(got.data).toBeGreaterThan(1000);
  expect(wrong).toEqual([]);
});

test("a config is checked as it is written, and a wrong one makes no run", async ({ page }) => {
  const wrong = await open(page);
  const got = await page.evaluate(async () => {
    const { laboratory } = window, text = "num_nodes = 3\nsed = 7\n";
    const { scenarios, protocols } = await laboratory.offer();
    return {
      faults: await laboratory.check(text), none: await laboratory.check("seed = 7\n"),
      ran: await laboratory.run({ toml: text }), scenarios: scenarios.length, protocols: protocols.map((p) => p.name),
    };
  });
  expect(got.faults).toEqual([{ line: 2, column: 1, width: 3, message: 'unknown key "sed"; the nearest is "seed"' }]);
  expect(got.none).toEqual([]);
  expect(got.ran).toMatchObject({ status: 2, name: "", report: null, command: "run mine.toml" });
  expect(got.ran.stderr).toContain('mine.toml:2:1: unknown key "sed"');
  expect(got.scenarios).toBeGreaterThan(20);
  expect(got.protocols).toEqual(["raft", "multipaxos"]);
  expect(wrong).toEqual([]);
});

test("what takes long tells how far it is, and can be cancelled; the runs before stay", async ({ page }) => {
  const wrong = await open(page);
  const got = await page.evaluate(async () => {
    const { laboratory } = window;
    const before = await laboratory.run({ args: ["default"] });
    const told: string[] = [];
    const long = laboratory.run({ args: ["default"], flags: ["-requests", "500"] }, (label, done, total) => {
      told.push(label);
      if (done > 0 && done < total) laboratory.cancel();
    });
    const ended = await long.then(() => "it ended", (error: Error) => error.message);
    const after = await laboratory.explain(before.name, "leader", "term", "1");
    return { ended, label: told[0], status: after.status };
  });
  expect(got).toEqual({ ended: "cancelled", label: "operations", status: 0 });
  expect(wrong).toEqual([]);
});
