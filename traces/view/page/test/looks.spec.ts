// The page at 390 pixels, on paper, in dark, and with less motion.
import type { Page } from "@playwright/test";
import { sharedPage } from "./commands.ts";
import { controls, cursorOf, expect, find, open, test } from "./fixtures.ts";
import { spansOf, type Span } from "./trace.ts";

/** What is wider than the page: nothing may be, but for what scrolls by itself. */
async function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const all: string[] = document.documentElement.scrollWidth > wide ? ["the page scrolls sideways"] : [];
    const scrolls = (e: Element | null): boolean =>
      e !== null && (/(auto|scroll|hidden)/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    for (const e of document.querySelectorAll("#app *")) {
      const box = e.getBoundingClientRect();
      if (box.width > 0 && box.right > wide + 1 && !scrolls(e.parentElement)) all.push(`${e.tagName}.${e.className}`);
    }
    return all;
  });
}

test.describe("at 390 pixels", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  for (const runs of ["leader-crash-1", "lying-disk-1", "default-1+lost-vote", "default-1+multipaxos-1"]) {
    test(`${runs}: nothing is wider than the page`, async ({ page }) => {
      await open(page, sharedPage(runs));
      await page.keyboard.press("End");
      await page.keyboard.press("i");
      for (const tab of await page.getByRole("tab").all()) {
        await tab.click();
        expect(await overflowing(page), await tab.innerText()).toEqual([]);
      }
    });
  }

  test("every control can be reached and is large enough for a finger", async ({ page }) => {
    await open(page, sharedPage("leader-crash-1"));
    const all = await controls(page).all();
    expect(all.length).toBeGreaterThan(15);
    for (const c of all) {
      await c.scrollIntoViewIfNeeded();
      const box = (await c.boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(391);
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
    }
    await page.getByRole("button", { name: "The next election" }).tap();
    expect(await cursorOf(page)).toBeGreaterThan(0);
  });
});

test("on paper there is the diagram, and no controls", async ({ page }) => {
  await open(page, sharedPage("leader-crash-1"), "theme=dark");
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await expect(page.locator(".diagram-paper svg")).toBeVisible();
  const ratio = await page.locator(".diagram-paper svg").boundingBox();
  expect(ratio!.width).toBeGreaterThan(500);
  for (const role of ["slider", "combobox", "tab"] as const) await expect(page.getByRole(role)).toHaveCount(0);
  await expect(controls(page)).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"]).toContain(paper);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.emulateMedia({ media: "screen" });
  await expect(page.locator(".diagram-paper svg")).toHaveCount(0);
  expect((await page.pdf()).length).toBeGreaterThan(10_000);
});

const background = (page: Page) => page.evaluate(() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)!.map(Number);
  return (r! + g! + b!) / 3 < 128 ? "dark" : "light";
});

test("light and dark: as the system has it, or as a person chooses", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page, sharedPage("default-1"));
  expect(await background(page)).toBe("dark");
  await page.emulateMedia({ colorScheme: "light" });
  expect(await background(page)).toBe("light");
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.click();
  await theme.click();
  await expect(theme).toHaveText(/dark/);
  expect(await background(page)).toBe("dark");
  await page.keyboard.press("t");
  await expect(theme).toHaveText(/auto/);
  expect(await background(page)).toBe("light");
});

test("with less motion the cursor goes in few steps, and nothing else moves", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.clock.install();
  await open(page, sharedPage("leader-crash-1"));
  await page.clock.pauseAt(new Date(Date.now() + 3_600_000));
  await page.keyboard.press(" ");
  const seen = new Set<number>();
  for (let t = 0; t < 1600; t += 100) {
    await page.clock.runFor(100);
    seen.add(await cursorOf(page));
  }
  expect(seen.size).toBeGreaterThanOrEqual(2);
  expect(seen.size).toBeLessThanOrEqual(4);
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((e) => {
    const look = getComputedStyle(e);
    return look.transitionDuration.split(",").some((d) => parseFloat(d) > 0.01) || look.animationName !== "none";
  }).map((e) => `${e.tagName}.${e.className}`));
  expect(moving).toEqual([]);
});

test("nothing is told by colour alone: roles, terms, faults and what is down are words, too", async ({ page }) => {
  await open(page, sharedPage("leader-crash-1"));
  const elected = (s: Span) => s.attributes.get("raft.role.event") === "majority_granted";
  await find(page, spansOf("leader-crash-1").filter(elected).at(-1)!.id);
  const table = page.getByRole("region", { name: "Values of each node" });
  await expect(table).toContainText("down");
  await expect(table).toContainText("leader");
  await page.getByText("What the shapes mean").click();
  for (const words of ["lost", "delayed", "sent twice", "down or paused", "commits", "applies"]) {
    await expect(page.getByRole("listitem").filter({ hasText: new RegExp(`^${words}`) }).first()).toBeVisible();
  }
});
