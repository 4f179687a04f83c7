// An accessibility checker finds nothing, in any panel, in light and dark, wide and narrow.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { sharedPage } from "./commands.ts";
import { expect, find, open, test } from "./fixtures.ts";
import { spansOf } from "./trace.ts";

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What the checker finds in a part of the page, a line for each element: all of it, or what depends on colours. */
async function findings(page: Page, part: string, only?: "colours"): Promise<string[]> {
  const axe = new AxeBuilder({ page }).include(part);
  const { violations } = await (only ? axe.withRules("color-contrast") : axe.withTags(rules)).analyze();
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(" ")} ${n.html}`));
}

/** What it finds in the page with its first panel, and in each other panel. */
async function inAllPanels(page: Page, only?: "colours"): Promise<string[]> {
  const all: string[] = [];
  for (const [i, tab] of (await page.getByRole("tab").all()).entries()) {
    await tab.click();
    const name = await tab.innerText();
    all.push(...(await findings(page, i === 0 ? "html" : "[role=tabpanel]", only)).map((f) => `${name}: ${f}`));
  }
  return all;
}

for (const { theme, width, only } of [
  { theme: "light", width: 1280 }, { theme: "light", width: 390 }, { theme: "dark", width: 1280, only: "colours" },
] as const) {
  test(`one run, ${theme}, ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await open(page, sharedPage("leader-crash-1"), `theme=${theme}`);
    const election = spansOf("leader-crash-1").filter((s) => s.name === "raft.role_change").at(-1)!;
    await find(page, election.id);
    await page.keyboard.press("[");
    expect(await inAllPanels(page, only)).toEqual([]);
  });
}

for (const { theme, only } of [{ theme: "light" }, { theme: "dark", only: "colours" }] as const) {
  test(`a violation, two runs, two protocols, ${theme}`, async ({ page }) => {
    const at = async (address: string, key: string) => {
      await open(page, address, `theme=${theme}`);
      await page.keyboard.press(key);
      await page.getByRole("tab").first().click();
      expect(await findings(page, "html", only)).toEqual([]);
    };
    await at(sharedPage("lying-disk-1"), "End");
    await at(sharedPage("default-1+lost-vote"), "d");
    await at(sharedPage("default-1+multipaxos-1"), "End");
  });
}

test("two runs have what one has", async ({ page }) => {
  await open(page, sharedPage("default-1+lost-vote"));
  await page.keyboard.press("End");
  await page.keyboard.press("i");
  expect(await inAllPanels(page)).toEqual([]);
});

test("the help, the search's list, and embedded", async ({ page }) => {
  await open(page, sharedPage("default-1"));
  await page.keyboard.press("?");
  expect(await findings(page, "dialog")).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: /^Search/ }).fill("commit");
  await expect(page.getByRole("listbox", { name: "What was found" })).toBeVisible();
  expect(await findings(page, "header")).toEqual([]);
  await open(page, sharedPage("leader-crash-1"), "embed=1");
  expect(await findings(page, "html")).toEqual([]);
});
