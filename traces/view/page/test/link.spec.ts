// A link to a moment opens the page as it was.
import type { Page } from "@playwright/test";
import { sharedPage } from "./commands.ts";
import { cursorOf, expect, find, open, show, slider, test } from "./fixtures.ts";
import { spansOf } from "./trace.ts";

const run = "leader-crash-1";

async function copiedLink(page: Page): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: /^Copy link/ }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied the link" })).toBeVisible();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** What is shown of a moment, as a person reads it. */
async function read(page: Page): Promise<Record<string, string | null>> {
  return {
    cursor: await slider(page).inputValue(),
    panel: await page.getByRole("tab", { selected: true }).innerText(),
    says: await page.getByRole("tabpanel").innerText(),
    order: await page.getByRole("button", { name: /order of moments/ }).getAttribute("aria-pressed"),
    slice: await page.getByRole("button", { name: /^Causes/ }).getAttribute("aria-pressed"),
    theme: await page.getByRole("button", { name: /^Theme/ }).innerText(),
  };
}

test("a link that is copied opens the same moment, choice, window and panel", async ({ page, context }) => {
  await open(page, sharedPage(run));
  const leads = spansOf(run).find((s) => s.name === "raft.role_change" && s.attributes.get("raft.role") === "leader")!;
  await find(page, leads.id);
  await page.getByRole("button", { name: /order of moments/ }).click();
  await page.getByRole("button", { name: /^Causes/ }).click();
  await page.getByRole("button", { name: /^Zoom in/ }).click();
  await show(page, "Details");
  await page.keyboard.press("t");
  const link = await copiedLink(page);
  expect(link).toMatch(/#.*window=\d+-\d+/);
  const other = await context.newPage();
  await open(other, link);
  expect(await read(other)).toEqual(await read(page));
  expect(await copiedLink(other)).toBe(link);
});

test("the address follows what is shown, and the page follows the address", async ({ page }) => {
  await open(page, sharedPage(run), "at=50&tab=story");
  expect(await cursorOf(page)).toBe(50);
  await expect(page.getByRole("tab", { name: "Story", exact: true })).toHaveAttribute("aria-selected", "true");
  await page.evaluate(() => (location.hash = "at=7&tab=config"));
  await expect(slider(page)).toHaveValue("7");
  await expect(page.getByRole("tab", { name: "Config" })).toHaveAttribute("aria-selected", "true");
  await page.getByRole("button", { name: "One moment on" }).click();
  await expect.poll(() => page.url()).toMatch(/#.*at=8/);
});

for (const fragment of [
  "at=-1", "at=99999999999999999999", "at=NaN&window=5-1&span=0:zz&slice=all&tab=nowhere&theme=pink", "window=999999-1",
  "%E0%A4%A", "&&&===", "span=7:0000000000000000", "<script>", "at=%3Cimg src=x onerror=alert(1)%3E&tab=__proto__",
]) {
  test(`a link of nonsense does no harm: ${fragment}`, async ({ page }) => {
    await open(page, sharedPage(run), fragment);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(run);
    expect(await cursorOf(page)).toBeLessThanOrEqual(2 * spansOf(run).length);
    await page.getByRole("button", { name: "One moment on" }).click();
    await page.getByRole("button", { name: "One moment back" }).click();
    await expect(page.getByRole("tabpanel")).toBeVisible();
  });
}

test("embedded, the page is the diagram and what moves through it", async ({ page }) => {
  await open(page, sharedPage(run), "embed=1&at=30");
  await expect(page.getByRole("application")).toBeVisible();
  await expect(slider(page)).toHaveValue("30");
  await expect(page.getByRole("tab")).toHaveCount(0);
  await expect(page.getByRole("search")).toHaveCount(0);
  await page.keyboard.press("ArrowRight");
  await expect(slider(page)).toHaveValue("31");
});
