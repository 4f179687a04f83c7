// What the panel of states says at a moment is what the trace says.
import { sharedPage } from "./commands.ts";
import { cell, expect, find, open, slider, test } from "./fixtures.ts";
import { spansOf, type Span } from "./trace.ts";

const run = "leader-crash-1";
const last = (spans: Span[], process: string, key: string) =>
  spans.filter((s) => s.process === process && s.attributes.has(key)).at(-1)!.attributes.get(key)!;

test("at the end each node has the term, the role and the indexes that the trace told last", async ({ page }) => {
  const spans = spansOf(run);
  await open(page, sharedPage(run));
  await slider(page).fill(String(2 * spans.length));
  const table = page.getByRole("region", { name: "Values of each node" });
  for (const node of ["node-1", "node-2", "node-3"]) {
    expect(await cell(table, node, "status")).toBe("up");
    expect(await cell(table, node, "term")).toBe(last(spans, node, "raft.term"));
    expect(await cell(table, node, "role")).toBe(last(spans, node, "raft.role"));
    expect(await cell(table, node, "commit index")).toBe(last(spans, node, "raft.commit.to"));
    const applied = spans.filter((s) => s.name === "raft.apply" && s.process === node).at(-1)!;
    expect(await cell(table, node, "applied index")).toBe(applied.attributes.get("raft.index"));
  }
});

test("when a node becomes leader, commits or applies, the panel says so from that moment on", async ({ page }) => {
  const spans = spansOf(run);
  await open(page, sharedPage(run));
  const table = page.getByRole("region", { name: "Values of each node" });
  const columns = { "raft.role_change": "role", "raft.commit": "commit index", "raft.apply": "applied index" };
  const keys = { role: "raft.role", "commit index": "raft.commit.to", "applied index": "raft.index" };
  for (const [name, column] of Object.entries(columns)) {
    const all = spans.filter((s) => s.name === name);
    for (const s of [all[0]!, all[Math.floor(all.length / 2)]!, all.at(-1)!]) {
      await find(page, s.id);
      await page.keyboard.press("ArrowRight");
      expect(await cell(table, s.process, column), `${s.name} ${s.id}`)
        .toBe(s.attributes.get(keys[column as keyof typeof keys]));
      expect(await cell(table, s.process, "term")).toBe(s.attributes.get("raft.term"));
    }
  }
});

test("a node that crashed is down until it starts again", async ({ page }) => {
  await open(page, sharedPage(run));
  const table = page.getByRole("region", { name: "Values of each node" });
  await page.getByRole("button", { name: "The next fault" }).click();
  expect(await cell(table, "node-1", "status")).toBe("down");
  await page.getByRole("button", { name: "The next fault" }).click();
  await page.keyboard.press("Shift+C"); // the commit before: still down
  expect(await cell(table, "node-1", "status")).toBe("down");
  await page.keyboard.press("End");
  expect(await cell(table, "node-1", "status")).toBe("up");
});

test("logs stand one below the other by index, and an entry can be followed", async ({ page }) => {
  const spans = spansOf(run);
  await open(page, sharedPage(run));
  await slider(page).fill(String(2 * spans.length));
  const log = page.getByRole("region", { name: "log of each process, by index" });
  const entry = log.getByRole("button", { name: /^node-2, 2:/ });
  await expect(entry).toHaveAccessibleName(/term 1.*put a before.*chosen, applied/);
  await entry.click();
  await page.getByRole("button", { name: "Follow this entry" }).click();
  await expect(page.getByRole("button", { name: /^Both/ })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: /^first written by node-1/ }).click();
  const appends = (s: Span) => s.events.some((e) => e.name === "append" && e.attributes.get("raft.index") === "2");
  const appended = spans.find(appends)!;
  await expect(page.getByRole("tabpanel")).toContainText(`at ${(appended.start / 1e6).toFixed(3)}ms`);
});

test("the store of each node holds what was put", async ({ page }) => {
  await open(page, sharedPage(run));
  await page.keyboard.press("End");
  const store = page.getByRole("region", { name: "store of each process" });
  for (const node of ["node-1", "node-2", "node-3"]) {
    expect(await cell(store, "a", node)).toBe("before");
    expect(await cell(store, "b", node)).toBe("after");
  }
});

test("acceptors of MultiPaxos have promises, and replicas what they learned", async ({ page }) => {
  await open(page, sharedPage("multipaxos-1"));
  await page.keyboard.press("End");
  const spans = spansOf("multipaxos-1");
  const acceptors = page.getByRole("region", { name: "Values of each acceptor" });
  for (const acceptor of ["acceptor-1", "acceptor-2", "acceptor-3"]) {
    expect(await cell(acceptors, acceptor, "promised ballot")).toBe(last(spans, acceptor, "paxos.promised"));
  }
  const chosen = page.getByRole("region", { name: "chosen slots of each process, by slot" });
  const choice = spans.filter((s) => s.name === "paxos.chosen").at(-1)!;
  const number = choice.attributes.get("paxos.slot");
  const slot = chosen.getByRole("button", { name: new RegExp(`^${choice.process}, ${number}:`) });
  const command = choice.attributes.get("paxos.command");
  await expect(slot).toHaveAccessibleName(new RegExp(`command ${command}, chosen, applied`));
});
