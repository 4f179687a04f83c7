// A person scrubs, steps forwards and back, jumps, and plays.
import { sharedPage } from "./commands.ts";
import { cursorOf, expect, open, seen, slider, test } from "./fixtures.ts";
import { milliseconds, spansOf, type Span } from "./trace.ts";

const spans = () => spansOf("leader-crash-1");
const time = ".player-time";

/** The times of spans, in their order. */
const times = (of: (s: Span) => boolean) => spans().filter(of).map((s) => milliseconds(s.start));

test.beforeEach(async ({ page }) => open(page, sharedPage("leader-crash-1")));

test("the slider goes over all moments: each span begins and ends", async ({ page }) => {
  await expect(slider(page)).toHaveAttribute("max", String(2 * spans().length));
  await slider(page).fill("100");
  expect(await cursorOf(page)).toBe(100);
  await slider(page).fill(String(2 * spans().length));
  const last = Math.max(...spans().map((s) => s.end));
  await expect(page.locator(time)).toHaveText(milliseconds(last));
});

test("steps go forwards and back, and the page says what happens", async ({ page }) => {
  await slider(page).fill("40");
  const panel = page.getByRole("tabpanel");
  const values = page.getByRole("region", { name: "Values of each node" });
  const before = await seen(values);
  await page.getByRole("button", { name: "One moment on" }).click();
  await expect(panel).toContainText("After moment 41 of");
  await page.getByRole("button", { name: "One moment back" }).click();
  await expect(panel).toContainText("After moment 40 of");
  expect(await seen(values)).toBe(before);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  expect(await cursorOf(page)).toBe(41);
});

for (const { what, of } of [
  { what: "fault", of: (s: Span) => s.process === "world" && s.name !== "raftkv.run" },
  { what: "commit", of: (s: Span) => s.name === "raft.commit" },
]) {
  test(`the buttons go from ${what} to ${what}, and back`, async ({ page }) => {
    const all = times(of);
    expect(all.length).toBeGreaterThan(1);
    const next = page.getByRole("button", { name: `The next ${what}` });
    const back = page.getByRole("button", { name: `The ${what} before` });
    for (const t of all) {
      await next.click();
      await expect(page.locator(time)).toHaveText(t);
    }
    await expect(next).toHaveAttribute("aria-disabled", "true");
    for (const t of all.toReversed().slice(1)) {
      await back.click();
      await expect(page.locator(time)).toHaveText(t);
    }
    await expect(back).toHaveAttribute("aria-disabled", "true");
  });
}

test("the next election is told by who stands and who leads", async ({ page }) => {
  const elections = spans().filter((s) => s.name === "raft.election");
  expect(elections.length).toBe(2);
  await page.keyboard.press("End");
  const seen = new Set<string>();
  const back = page.getByRole("button", { name: "The election before" });
  while ((await back.getAttribute("aria-disabled")) !== "true") {
    await back.click();
    seen.add(await page.locator(time).innerText());
  }
  for (const e of elections) expect([...seen]).toContain(milliseconds(e.start));
});

test("play goes on by itself until it is stopped", async ({ page }) => {
  const play = page.getByRole("button", { name: "Play" });
  await play.click();
  await expect.poll(() => cursorOf(page)).toBeGreaterThan(2);
  await page.getByRole("button", { name: "Stop" }).click();
  const at = await cursorOf(page);
  await expect(play).toBeVisible();
  await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
  expect(await cursorOf(page)).toBe(at);
});

test("played fast it stops at the end", async ({ page }) => {
  await page.getByRole("slider", { name: "Speed" }).fill("11");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Play" }).click();
  await expect(slider(page)).toHaveValue(String(2 * spans().length));
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
});
