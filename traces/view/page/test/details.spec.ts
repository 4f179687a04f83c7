// A person reads what the trace says of an event, copies a command, and runs it.
import type { Page } from "@playwright/test";
import { done, run as makeRun, shell, sharedPage } from "./commands.ts";
import { expect, find, open, show, test } from "./fixtures.ts";
import { lostVote, milliseconds, spansOf, type Span } from "./trace.ts";

const run = "default-1";

/** A vote that is given: the span of the voter. */
const vote = (): Span => spansOf(run).find((s) => s.id === lostVote())!;

test("the details of a span are what the trace says of it", async ({ page }) => {
  await open(page, sharedPage(run));
  const span = vote();
  await find(page, span.id);
  await show(page, "Details");
  const panel = page.getByRole("tabpanel");
  await expect(panel.getByRole("heading", { level: 2 })).toHaveText(span.name);
  const fact = (name: string) => panel.getByRole("definition").and(page.locator(`dt:text-is("${name}") + dd`));
  await expect(fact("Process")).toHaveText(span.process);
  await expect(fact("Time")).toHaveText(milliseconds(span.start));
  await expect(fact("Duration")).toHaveText(milliseconds(span.end - span.start));
  await expect(fact("Span")).toContainText(span.id);
  await expect(fact("Trace")).toContainText(span.trace);
  const attributes = panel.getByRole("table", { name: "Attributes", exact: true });
  await expect(attributes.getByRole("row")).toHaveCount(span.attributes.size);
  for (const [key, value] of span.attributes) {
    const row = attributes.getByRole("row").filter({ has: page.getByRole("rowheader", { name: key, exact: true }) });
    await expect(row.getByRole("cell")).toHaveText(value);
  }
  for (const event of span.events) await expect(panel).toContainText(event.name);
});

test("causes lead back to where it began, one after the other", async ({ page }) => {
  await open(page, sharedPage(run));
  const byId = new Map(spansOf(run).map((s) => [s.id, s]));
  const span = vote();
  await find(page, span.id);
  await show(page, "Details");
  const panel = page.getByRole("tabpanel");
  for (let s = byId.get(span.parent); s; s = byId.get(s.parent)) {
    const causes = panel.locator("section").filter({ has: page.getByRole("heading", { name: "Causes", exact: true }) });
    await causes.getByRole("button", { name: `${milliseconds(s.start)} ${s.process}` }).first().click();
    await expect(panel).toContainText(s.id);
  }
});

test("a click on the diagram chooses what is there", async ({ page }) => {
  await open(page, sharedPage("leader-crash-1"));
  const crash = spansOf("leader-crash-1").find((s) => s.process === "world" && s.start > 0)!;
  await find(page, crash.id);
  await page.keyboard.press("z");
  await page.keyboard.press("Escape"); // nothing is chosen any more
  const diagram = page.getByRole("application");
  const box = (await diagram.boundingBox())!;
  const mark = await chosenPlace(page);
  await diagram.hover({ position: mark });
  await expect(page.getByText("crash", { exact: false }).last()).toBeVisible();
  await diagram.click({ position: mark });
  expect(box.width).toBeGreaterThan(mark.x);
  await show(page, "Details");
  await expect(page.getByRole("tabpanel")).toContainText(crash.id);
});

/** Where on the diagram the cursor is, on the lane at the top, which is the world's: the picture as SVG says so. */
async function chosenPlace(page: Page): Promise<{ x: number; y: number }> {
  const download = page.waitForEvent("download");
  await page.keyboard.press("s");
  const stream = await (await download).createReadStream();
  let text = "";
  for await (const part of stream) text += String(part);
  const flag = [...text.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>crash node-1</g)][0]!;
  return { x: Number(flag[1]) - 6, y: Number(flag[2]) };
}

/** Chooses the vote, and returns the line that its button copies. */
async function copied(page: Page, does: string): Promise<string> {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, sharedPage(run));
  await find(page, vote().id);
  await show(page, "Details");
  await page.getByRole("button", { name: `Copy the command: ${does}` }).click();
  await expect(page.getByRole("status").filter({ hasText: `Copied: the command: ${does}` })).toBeAttached();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Carries out a copied line as a run of a name, and returns how it differs from the original, as diff -json has it. */
function differenceOf(line: string, name: string): { config: { b: string }[]; first: { span: { id: string } } } {
  done(`${line} -name ${name} -quiet`);
  return JSON.parse(shell(`go run ./cmd/diff -json ${run} ${name}`).stdout) as ReturnType<typeof differenceOf>;
}

for (const { does, flag } of [
  { does: "run again without its reply", flag: "drop" },
  { does: "run again with its reply delayed", flag: "delay" },
  { does: "run again with its reply duplicated", flag: "duplicate" },
]) {
  test(`the command that is copied to ${does} does so`, async ({ page }) => {
    const line = await copied(page, does);
    expect(line).toContain(`-${flag} ${vote().id}`);
    const d = differenceOf(line, `copied-${flag}`);
    expect(d.config.map((k) => k.b).join()).toContain(vote().id);
    expect(d.first.span.id).toBe(vote().id);
  });
}

test("the command that explains a span, and the one that shows this page, do so", async ({ page }) => {
  const line = await copied(page, "explain it");
  const said = done(line);
  expect(said).toContain(vote().process);
  await page.getByRole("button", { name: "Copy the command: show this page again" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^go run \.\/cmd\/view /);
  done(await page.evaluate(() => navigator.clipboard.readText()));
});

test("the command that runs the run again gives the same trace", async ({ page }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, sharedPage("leader-crash-1"));
  await show(page, "Config");
  await page.getByRole("button", { name: "Copy the command: run it again" }).click();
  const read = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(read).toMatch(/^go run \.\/cmd\/run /);
  done(`${await read()} -quiet -name again`);
  makeRun("of-seed-2", "-seed 2 leader-crash");
  const spansAs = (name: string) => JSON.stringify(spansOf(name)).replaceAll(name, "a run");
  expect(spansAs("again")).toBe(spansAs("leader-crash-1"));
  expect(spansAs("of-seed-2")).not.toBe(spansAs("leader-crash-1"));
});
