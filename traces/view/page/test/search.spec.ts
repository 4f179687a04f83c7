// A person searches, follows and slices: what is found and what is kept is what the trace says.
import type { Page } from "@playwright/test";
import { sharedPage } from "./commands.ts";
import { expect, find, open, show, test } from "./fixtures.ts";
import { reach, spansOf, type Span } from "./trace.ts";

const run = "default-1";
const spans = spansOf.bind(null, run);

test.beforeEach(async ({ page }) => open(page, sharedPage(run)));

const field = (page: Page) => page.getByRole("combobox", { name: /^Search/ });
const count = (page: Page) => page.getByRole("search").getByRole("status");
const words = (n: number) => (n === 1 ? "1 match" : `${n} matches`);

for (const { query, of } of [
  { query: "raft.election", of: (s: Span) => s.name === "raft.election" },
  { query: "commit.to=3", of: (s: Span) => s.attributes.get("raft.commit.to") === "3" },
  { query: "process nowhere", of: () => false },
  { query: "reply=VoteGranted", of: (s: Span) => s.attributes.get("raft.reply") === "VoteGranted" },
  { query: "raft.index=2 apply", of: (s: Span) => s.name === "raft.apply" && s.attributes.get("raft.index") === "2" },
]) {
  test(`the search for ${query} finds what the trace has`, async ({ page }) => {
    const n = spans().filter(of).length;
    await field(page).fill(query);
    await expect(count(page)).toHaveText(n === 0 ? "nothing found" : words(n));
  });
}

test("a term and an index are found by the words that the protocol has for them, a key by itself", async ({ page }) => {
  const has = (key: string, value: string) => (s: Span) => s.attributes.get(key) === value;
  await field(page).fill("term 1 vote");
  await expect(count(page)).toHaveText(/matches/);
  await field(page).fill("index 3");
  const n = Number((await count(page).innerText()).split(" ")[0]);
  expect(n).toBeGreaterThanOrEqual(spans().filter(has("raft.index", "3")).length);
  const put = spans().find((s) => s.attributes.has("kv.key"))!;
  await field(page).fill(`key=${put.attributes.get("kv.key")}`);
  await expect(count(page)).toHaveText(words(spans().filter(has("kv.key", put.attributes.get("kv.key")!)).length));
});

test("the list of what was found is gone through with the arrow keys", async ({ page }) => {
  const elections = spans().filter((s) => s.name === "raft.commit");
  await field(page).fill("name=nothing");
  await expect(count(page)).toHaveText("nothing found");
  await field(page).fill("raft.commit");
  await expect(count(page)).toHaveText(/matches/);
  const list = page.getByRole("listbox", { name: "What was found" });
  await expect(list.getByRole("option").first()).toContainText("raft.commit");
  expect(elections.length).toBeGreaterThan(1);
  await field(page).press("ArrowDown");
  await field(page).press("ArrowDown");
  await expect(list.getByRole("option", { selected: true })).toHaveCount(1);
  const wanted = await list.getByRole("option", { selected: true }).innerText();
  await field(page).press("Enter");
  await show(page, "Details");
  const facts = page.getByRole("tabpanel");
  await expect(facts).toContainText(wanted.split(/\s/)[0]!);
  await expect(count(page)).toHaveText(/^2 of /);
  await field(page).press("Escape");
  await field(page).press("Escape");
  await page.getByRole("heading", { level: 1 }).click();
});

/** What the page says that it keeps. */
const kept = (page: Page) => page.getByRole("status").filter({ hasText: "the rest dimmed" });

for (const direction of ["causes", "effects"] as const) {
  test(`the ${direction} of a commit are those that parents and links tell`, async ({ page }) => {
    const commits = spans().filter((s) => s.name === "raft.commit");
    for (const s of [commits[0]!, commits[Math.floor(commits.length / 2)]!]) {
      await find(page, s.id);
      await page.getByRole("button", { name: direction === "causes" ? /^Causes/ : /^Effects/ }).click();
      const n = reach(spans(), s.id, direction).size;
      await expect(kept(page)).toHaveText(`${n} span${n === 1 ? "" : "s"} of ${spans().length}, the rest dimmed`);
      await page.keyboard.press("Escape");
    }
  });
}

test("both are the causes and the effects", async ({ page }) => {
  const s = spans().filter((one) => one.name === "raft.apply")[3]!;
  const all = new Set([...reach(spans(), s.id, "causes"), ...reach(spans(), s.id, "effects")]);
  await find(page, s.id);
  await page.getByRole("button", { name: /^Both/ }).click();
  await expect(kept(page)).toHaveText(`${all.size} spans of ${spans().length}, the rest dimmed`);
  await page.keyboard.press("\\");
  await expect(page.getByRole("status").filter({ hasText: "All shown again" })).toBeVisible();
});

test("a message is followed to both of its ends", async ({ page }) => {
  const asks = spans().filter((s) => s.name === "raft.Raft/RequestVote");
  const server = asks.find((s) => asks.some((p) => p.id === s.parent))!;
  await find(page, server.parent);
  await page.getByRole("button", { name: /^Message/ }).click();
  await expect(kept(page)).toHaveText(`2 spans of ${spans().length}, the rest dimmed`);
});

test("an operation of a client is all of its trace, and what it made be committed and applied", async ({ page }) => {
  const root = spans().filter((s) => s.name.startsWith("kv."))[2]!;
  const trace = new Set(spans().filter((s) => s.trace === root.trace).map((s) => s.id));
  await find(page, root.id);
  await page.getByRole("button", { name: /^Operation/ }).click();
  const n = Number(/^(\d+) spans of/.exec(await kept(page).innerText())![1]);
  expect(n).toBeGreaterThanOrEqual(trace.size);
  const linked = spans().filter((s) => !trace.has(s.id) && /commit|apply/.test(s.name)).length;
  expect(n).toBeLessThanOrEqual(trace.size + linked);
});

test("an entry of the log is followed through all nodes that apply it", async ({ page }) => {
  const applied = spans().filter((s) => s.name === "raft.apply" && s.attributes.get("raft.index") === "3");
  await find(page, applied[0]!.id);
  await page.getByRole("button", { name: /^Entry/ }).click();
  const at = (s: Span) => [s.attributes, ...s.events.map((e) => e.attributes)].some((a) => a.get("raft.index") === "3");
  await expect(kept(page)).toHaveText(`${spans().filter(at).length} spans of ${spans().length}, the rest dimmed`);
});
