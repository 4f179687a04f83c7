// The laboratory, as a person uses it: pick, run, drop a message, read the difference, crash a process, share a link.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { done, laboratory, shell, workplace } from "./commands.ts";
import { expect, find, open, show, test } from "./fixtures.ts";
import { lostVote } from "./trace.ts";

const address = pathToFileURL(laboratory).href;
const ran = { timeout: 60_000 };

/** Opens the laboratory, which runs the default scenario, or what a fragment says. */
async function enter(page: Page, fragment = "", name = "default-1"): Promise<void> {
  await open(page, address, fragment);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name, ran);
  await idle(page);
}

/** Waits until nothing is carried out any more. */
const idle = (page: Page) => expect(page.getByRole("button", { name: "Cancel" })).toHaveCount(0, ran);

async function pick(page: Page, scenario: string): Promise<void> {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption(scenario);
  await page.getByRole("button", { name: "Run", exact: true }).click();
}

/** A file of a run, as it is saved. */
async function saved(page: Page, file: string, run: string): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: `Save ${file} of ${run}` }).click();
  return readFileSync(await (await download).path(), "utf8");
}

/** The same file, of a command. */
const written = (run: string, file: string) => readFileSync(join(workplace, "traces/runs", run, file), "utf8");

test("a scenario is picked and run, and its trace is equal to the command line's, to the byte", async ({ page }) => {
  await enter(page);
  expect(await saved(page, "trace.otlp.jsonl", "default-1")).toBe(written("default-1", "trace.otlp.jsonl"));
  await pick(page, "leader-crash");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("leader-crash-1", ran);
  await idle(page);
  for (const file of ["trace.otlp.jsonl", "story.txt", "run.toml"]) {
    expect(await saved(page, file, "leader-crash-1")).toBe(written("leader-crash-1", file));
  }
});

test("a message is dropped: both runs, the verdict and the difference are what the commands say", async ({ page }) => {
  await enter(page);
  await find(page, lostVote());
  await page.getByRole("button", { name: "Run without its reply" }).click();
  await expect(page.getByRole("heading", { name: /^A: default-1, B: / })).toBeVisible(ran);
  await idle(page);
  const d = JSON.parse(shell("go run ./cmd/diff -json default-1 lost-vote").stdout) as { verdict: string; why: string };
  await expect(page.getByRole("banner").getByRole("status").first()).toContainText(`${d.verdict}: ${d.why}`);
  await page.getByText("What go run ./cmd/diff prints").click();
  const says = await page.getByRole("group", { name: "Difference", exact: true }).innerText();
  expect(says).toContain("The first divergence, at 1.457ms");
  expect(says).toContain(`-drop ${lostVote()}`);
  await page.getByRole("button", { name: "Show the differences" }).click();
  await expect(page.getByRole("tabpanel")).toContainText("The first divergence, at 1.457ms");
});

test("the command that it gives makes the same run", async ({ page }) => {
  await enter(page);
  await find(page, lostVote());
  await page.keyboard.press("x");
  await expect(page.getByRole("heading", { name: /^A: default-1, B: / })).toBeVisible(ran);
  await idle(page);
  const line = await page.locator(".command code").filter({ hasText: "go run ./cmd/run" }).first().innerText();
  expect(line).toContain(`-drop ${lostVote()}`);
  const heading = await page.getByRole("heading", { name: /^A: default-1, B: / }).innerText();
  const name = heading.split("B: ")[1]!.trim();
  done(`${line} -quiet`);
  expect(await saved(page, "trace.otlp.jsonl", name)).toBe(written(name, "trace.otlp.jsonl"));
});

test("a link holds scenario, seed and what was changed, and opens the same", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(page);
  await page.getByRole("textbox", { name: "Seed" }).fill("2");
  await pick(page, "leader-crash");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("leader-crash-2", ran);
  await idle(page);
  const vote = /(\w{16}) +granting vote/.exec(await saved(page, "story.txt", "leader-crash-2"))![1]!;
  await find(page, vote);
  await page.keyboard.press("x");
  const both = page.getByRole("heading", { name: /^A: leader-crash-2, B: / });
  await expect(both).toBeVisible(ran);
  await idle(page);
  const heading = await both.innerText();
  await page.getByRole("button", { name: /^Copy link/ }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied the link" })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await open(other, link);
  await expect(other.getByRole("heading", { name: heading })).toBeVisible(ran);
  const name = heading.split("B: ")[1]!.trim();
  expect(await saved(other, "trace.otlp.jsonl", name)).toBe(await saved(page, "trace.otlp.jsonl", name));
});

test("a process is crashed at the cursor", async ({ page }) => {
  await enter(page);
  await page.keyboard.press("c");
  await page.keyboard.press("c");
  await page.getByRole("combobox", { name: "Process", exact: true }).selectOption("node-1");
  await page.getByRole("button", { name: "Crash" }).click();
  await expect(page.getByRole("heading", { name: /^A: default-1, B: / })).toBeVisible(ran);
  await idle(page);
  await show(page, "Differences");
  await expect(page.getByRole("tabpanel")).toContainText("crash");
});

test("a config that is wrong makes no run, and the place is said as the command says it", async ({ page }) => {
  await enter(page);
  await page.getByText("Config", { exact: true }).last().click();
  const field = page.getByRole("textbox", { name: "Config, as TOML" });
  await field.fill("sed = 7\n");
  const wrong = page.getByRole("list", { name: "What is wrong with the config" });
  await expect(wrong).toContainText('1:1: unknown key "sed"; the nearest is "seed"', ran);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("group", { name: "Errors" })).toContainText("unknown key", ran);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1");
});

test("a link that is wrong is said to be so, and the default is shown", async ({ page }) => {
  await enter(page, "scenario=nowhere&toml=AAAA&drop=1&seed=x");
  const notes = page.getByRole("list", { name: "Notes" });
  await expect(notes).toContainText('The link is wrong: there is no scenario "nowhere". The default is shown instead.');
  await page.evaluate(() => (location.hash = "scenario=leader-crash&toml=AAAA"));
  await expect(notes).toContainText("the config that it holds is damaged, or was cut", ran);
});

test("axe finds nothing in it, at 1280 and at 390 pixels", async ({ page }) => {
  await enter(page);
  await find(page, lostVote());
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});
