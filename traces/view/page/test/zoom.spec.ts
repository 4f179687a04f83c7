// A person zooms, pans and drags: the part of the run that is shown is what the link says of it.
import type { Page } from "@playwright/test";
import { sharedPage } from "./commands.ts";
import { expect, find, open, test } from "./fixtures.ts";
import { spansOf } from "./trace.ts";

const run = "leader-crash-1";
const last = () => Math.max(...spansOf(run).map((s) => s.end));

/** The part of the axis that is shown: nothing if it is the whole. */
const shown = (page: Page): string => /window=(\d+-\d+)/.exec(page.url())?.[1] ?? "";
const widthOf = (window: string): number => Number(window.split("-")[1]) - Number(window.split("-")[0]);

test.beforeEach(async ({ page }) => open(page, sharedPage(run)));

test("from the whole run to one microsecond, and back", async ({ page }) => {
  const commit = spansOf(run).find((s) => s.name === "raft.commit")!;
  await find(page, commit.id);
  for (let width = last(); width > 1000; width /= 2) await page.keyboard.press("+");
  await page.keyboard.press("+");
  await expect.poll(() => widthOf(shown(page))).toBeGreaterThanOrEqual(1000);
  expect(widthOf(shown(page))).toBeLessThanOrEqual(1002);
  expect(await picture(page)).toContain(`${(commit.start / 1e6).toFixed(4)} ms`);
  await page.getByRole("button", { name: /^Show the whole run/ }).click();
  await expect.poll(() => shown(page)).toBe("");
});

/** All that is written on the diagram, as it is saved. */
async function picture(page: Page): Promise<string> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: /^SVG/ }).click();
  let text = "";
  for await (const part of await (await download).createReadStream()) text += String(part);
  return [...text.matchAll(/<text[^>]*>([^<]*)</g)].map((m) => m[1]).join("\n");
}

test("the diagram has a lane for each process, with roles, terms, faults and what is down", async ({ page }) => {
  const text = await picture(page);
  for (const process of new Set(spansOf(run).map((s) => s.process))) expect(text).toContain(process);
  expect(text).toMatch(/^leader (· term )?1$/m); // as much as there is room for
  for (const word of ["leader · term 2", "crash node-1", "restart node-1", "down"]) expect(text).toContain(word);
});

test("a picture is saved as SVG and as PNG, under the name of the run", async ({ page }) => {
  for (const kind of ["SVG", "PNG"]) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: new RegExp(`^${kind}`) }).click();
    expect((await download).suggestedFilename()).toBe(`${run}.${kind.toLowerCase()}`);
  }
});

test("the keys move along the axis", async ({ page }) => {
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await expect.poll(() => shown(page)).not.toBe("");
  const before = shown(page);
  await page.keyboard.press(".");
  await expect.poll(() => shown(page)).not.toBe(before);
  const after = shown(page);
  expect(Number(after.split("-")[0])).toBeGreaterThan(Number(before.split("-")[0]));
  expect(Math.abs(widthOf(after) - widthOf(before))).toBeLessThanOrEqual(1);
  await page.keyboard.press(",");
  await expect.poll(() => shown(page)).toBe(before);
});

test("the wheel zooms where the pointer is, and a drag moves the diagram", async ({ page }) => {
  const box = (await page.getByRole("application").boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 100);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -240);
  await page.keyboard.up("Control");
  await expect.poll(() => widthOf(shown(page))).toBeLessThan(last() / 2);
  const before = shown(page);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 100, box.y + 100, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => Number(shown(page).split("-")[0])).toBeGreaterThan(Number(before.split("-")[0]));
});

test("the minimap moves what is shown", async ({ page }) => {
  for (let i = 0; i < 3; i++) await page.keyboard.press("+");
  await expect.poll(() => Math.round(last() / widthOf(shown(page)))).toBe(8);
  const box = (await page.locator(".diagram-minimap").boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  const middle = () => shown(page).split("-").reduce((sum, at) => sum + Number(at) / 2, 0) / last();
  await expect.poll(middle).toBeCloseTo(0.5, 2);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect.poll(middle).toBeCloseTo(0.75, 2);
});

test("along the order of moments, too, the whole and a part are shown", async ({ page }) => {
  await page.keyboard.press("a");
  await expect.poll(() => page.url()).toContain("axis=order");
  await page.keyboard.press("+");
  await expect.poll(() => Math.round((2 * spansOf(run).length) / widthOf(shown(page)))).toBe(2);
  await page.keyboard.press("0");
  await expect.poll(() => shown(page)).toBe("");
});
