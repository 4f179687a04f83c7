// What a person changes in the laboratory, and asks of its runs: it is what the commands make and say.
import { test as bare, type Locator, type Page } from "@playwright/test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { done, laboratory, shell, workplace, write } from "./commands.ts";
import { cursorOf, expect, find, open, show, slider, test } from "./fixtures.ts";

test.describe.configure({ timeout: 120_000 });

/** Opens the laboratory, at what a fragment says. It returns when a run is shown. */
async function openLaboratory(page: Page, fragment = ""): Promise<void> {
  await open(page, pathToFileURL(laboratory).href, fragment);
  await ran(page);
  await expect(slider(page)).toBeVisible();
}

/** Waits until nothing is carried out. */
async function ran(page: Page): Promise<void> {
  await expect(page.getByRole("progressbar")).toHaveCount(0, { timeout: 60_000 });
}

const panel = (page: Page): Locator => page.getByRole("tabpanel");

/** Presses a button of the panel, and waits until that is carried out. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  await panel(page).getByRole("button", { name, exact: typeof name === "string" }).click();
  await ran(page);
}

/** What is said of the last command. */
const said = (page: Page): Locator => panel(page).locator(".laboratory-run").getByRole("status");

/** The bytes that a button saves. */
async function saved(page: Page, name: string): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, name)]);
  return readFileSync(await download.path());
}

const command = (page: Page): Promise<string> =>
  page.getByRole("tabpanel").locator(".command code").last().innerText();

test("a message is dropped by its key; the difference is that of the command line; a link shows it again", async ({
  page, context,
}) => {
  await openLaboratory(page);
  await find(page, "granting vote");
  await page.keyboard.press("x");
  await ran(page);
  await expect(said(page)).toHaveText(/^Ran default-1-[0-9a-f]{8}, beside default-1\.$/);
  const other = /default-1-[0-9a-f]{8}/.exec(await said(page).innerText())![0];
  const line = await command(page);
  expect(line).toMatch(/^go run \.\/cmd\/run -drop [0-9a-f]{16} default$/);
  done(line);
  const { stdout } = shell(`go run ./cmd/diff default-1 ${other}`);
  await panel(page).getByText("What go run ./cmd/diff prints").click();
  expect(await panel(page).getByRole("group", { name: "Difference" }).textContent()).toBe(stdout);
  const verdict = stdout.split(":")[0]!;
  await expect(page.locator(".verdict").first()).toContainText(verdict);
  await expect(panel(page).getByRole("listitem")).toContainText(["lost"]);
  await press(page, "Show the differences");
  await expect(panel(page).getByRole("heading", { level: 2 })).toHaveText(verdict);

  await expect(page).toHaveURL(/drop=[0-9a-f]{16}&base-scenario=default/);
  const fragment = new URL(page.url()).hash.slice(1), at = await cursorOf(page);
  const second = await context.newPage();
  await openLaboratory(second, fragment);
  await expect(second.getByRole("heading", { level: 1 })).toHaveText(`default-1 and ${other}`);
  expect(await cursorOf(second)).toBe(at);
});

test("a message is delayed in the details, explained, and let go again", async ({ page }) => {
  await openLaboratory(page);
  await find(page, "granting vote");
  await show(page, "Details");
  await press(page, "Explain");
  const asked = await panel(page).getByText(/^go run \.\/cmd\/explain/).first().innerText();
  expect(await panel(page).getByRole("group", { name: "Explanation" }).textContent()).toBe(shell(asked).stdout);
  await panel(page).getByLabel("Delayed by how much").fill("25ms");
  await press(page, "Delayed by");
  await show(page, "Laboratory");
  expect(await command(page)).toMatch(/^go run \.\/cmd\/run -delay [0-9a-f]{16}=25ms default$/);
  await press(page, /^Remove delayed/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1");
  await expect(panel(page).getByRole("button", { name: "Take B as the base" })).toHaveCount(0);
});

test("a process crashes at the cursor, as the text says then; B becomes the base", async ({ page }) => {
  await openLaboratory(page);
  await slider(page).fill("400");
  await panel(page).getByLabel("Process", { exact: true }).selectOption("node-1");
  const at = await page.locator("output").innerText();
  await press(page, "Crash");
  const toml = await panel(page).getByLabel("Config, as TOML").inputValue();
  expect(toml).toMatch(/\n\n\[\[fault\]\]\nat = "[\d.]+ms"\ncrash = "node-1"\n$/);
  expect(Number(/at = "([\d.]+)ms"\ncrash = "node-1"\n$/.exec(toml)![1]).toFixed(3) + "ms").toBe(at);
  const other = /Ran (default-1-\w{8})/.exec(await said(page).innerText())![1]!;
  write("default.toml", toml);
  expect(await command(page)).toBe("go run ./cmd/run default.toml");
  done("go run ./cmd/run -quiet default.toml");
  const want = readFileSync(join(workplace, "traces/runs", other, "trace.otlp.jsonl"));
  expect((await saved(page, `Save trace.otlp.jsonl of ${other}`)).equals(want)).toBe(true);
  await press(page, "Take B as the base");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(other);
  await press(page, /^Remove at = .*crash/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${other} and default-1`);
});

test("a wrong text has its places, which a click goes to; it makes no run", async ({ page }) => {
  await openLaboratory(page);
  await panel(page).getByText("Config", { exact: true }).click();
  const text = panel(page).getByLabel("Config, as TOML");
  await text.fill("num_nodes = 3\nsed = 7\n");
  const fault = panel(page).getByRole("button", { name: '2:1: unknown key "sed"; the nearest is "seed"' });
  await fault.click();
  expect(await text.evaluate((e: HTMLTextAreaElement) => e.value.slice(e.selectionStart, e.selectionEnd))).toBe("sed");
  await text.press("Control+Enter");
  await ran(page);
  await expect(panel(page).getByRole("group", { name: "Errors" })).toContainText('default.toml:2:1: unknown key "sed"');
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1");
});

test("a bug on purpose is caught; a link that is wrong says what is", async ({ page }) => {
  await openLaboratory(page, "scenario=figure-8&bug=commit-old-term");
  await expect(panel(page).getByRole("heading", { name: "does not hold" })).toBeVisible();
  await page.goto("about:blank");
  await openLaboratory(page, "scenario=nowhere");
  await expect(page.getByRole("list", { name: "Notes" })).toContainText('there is no scenario "nowhere"');
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1");
});

bare("where WebAssembly is blocked the page says so, and what to do", async ({ page }) => {
  const file = join(workplace, `laboratory-blocked-${process.pid}.html`);
  writeFileSync(file, readFileSync(laboratory, "utf8").replace(" 'wasm-unsafe-eval'", ""));
  await open(page, pathToFileURL(file).href);
  await expect(page.getByRole("list", { name: "Notes" })).toContainText("does not let a page run WebAssembly");
  await expect(page.getByRole("list", { name: "Notes" })).toContainText("go run ./cmd/run");
});
