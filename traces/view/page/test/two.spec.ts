// A person compares two runs, and two protocols.
import { pageOf, run as makeRun, sharedPage, shell } from "./commands.ts";
import { expect, open, slider, test } from "./fixtures.ts";
import { lostVote, milliseconds, spansOf } from "./trace.ts";

interface Difference {
  verdict: string;
  why: string;
  first: { at_ns: number; span: { process: string; text: string; at_ns: number } };
  followed: { changed: number; moved: number };
}

test("two runs: the verdict and the first divergence are those of the command diff", async ({ page }) => {
  const d = JSON.parse(shell("go run ./cmd/diff -json default-1 lost-vote").stdout) as Difference;
  await open(page, sharedPage("default-1+lost-vote"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1 and lost-vote");
  const verdict = page.getByRole("banner").getByRole("status").first();
  await expect(verdict).toContainText(`${d.verdict}: ${d.why}`);
  await expect(verdict).toContainText(milliseconds(d.first.at_ns));
  const panel = page.getByRole("tabpanel");
  await expect(page.getByRole("tab", { name: "Differences" })).toHaveAttribute("aria-selected", "true");
  await expect(panel).toContainText(`The first divergence, at ${milliseconds(d.first.at_ns)}`);
  await expect(panel).toContainText(`-drop ${lostVote()}`);
  await expect(panel).toContainText(d.first.span.text);
  await page.keyboard.press("d");
  await expect(panel.getByRole("heading", { name: "The chosen event" })).toBeVisible();
  const first = Number(await slider(page).inputValue());
  await panel.getByRole("button", { name: "The next difference" }).click();
  expect(Number(await slider(page).inputValue())).toBeGreaterThan(first);
  await page.keyboard.press("Shift+D");
  await expect(slider(page)).toHaveValue(String(first));
  await panel.getByRole("button", { name: "Show it in B" }).click();
  await page.getByRole("tab", { name: "Details" }).click();
  await expect(panel).toContainText("lost-vote");
});

test("two runs that are the same are said to be the same", async ({ page }) => {
  makeRun("two-same");
  await open(page, pageOf("default-1", "two-same"));
  await expect(page.getByRole("banner").getByRole("status").first()).toHaveText(/^same/);
  await expect(page.getByRole("button", { name: "The next difference" })).toHaveCount(0);
});

test("two protocols: the operations stand side by side", async ({ page }) => {
  await open(page, sharedPage("default-1+multipaxos-1"));
  await expect(page.getByRole("banner").getByRole("status").first()).toContainText("two protocols");
  const raft = spansOf("default-1").filter((s) => s.name.startsWith("kv."));
  const panel = page.getByRole("tabpanel");
  const choices = panel.getByRole("button", { name: / in [AB]$/ });
  await expect(choices).toHaveCount(2 * raft.length);
  const one = raft.find((s) => s.process === "client-1")!;
  const row = panel.getByRole("row").filter({ has: page.getByRole("button", { name: "client-1/1 in A" }) });
  await expect(row).toContainText(milliseconds(one.end - one.start));
  await page.getByRole("button", { name: "client-1/1 in A" }).click();
  await expect(page.getByRole("button", { name: "client-1/1 in B" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("tab", { name: "Details" }).click();
  await expect(panel).toContainText(one.id);
});
