// A run that a violation stopped opens where it went wrong.
import { pageOf, sharedPage, shell } from "./commands.ts";
import { expect, open, slider, test } from "./fixtures.ts";
import { milliseconds, spansOf } from "./trace.ts";

test("a disk that lied: the page opens at the facts that clash, and what led to them", async ({ page }) => {
  const violation = spansOf("lying-disk-1").find((s) => s.name === "raftkv.violation")!;
  await open(page, sharedPage("lying-disk-1"));
  await expect(page.getByRole("tab", { name: "Violation" })).toHaveAttribute("aria-selected", "true");
  await expect(page.locator(".player-time")).toHaveText(milliseconds(violation.start));
  const panel = page.getByRole("tabpanel");
  await expect(panel.getByRole("heading", { level: 2 })).toHaveText("QuorumLog does not hold");
  await expect(panel).toContainText('node-1 committed "put a x" of term 1 at index 2');
  await expect(panel).toContainText("the disks of 2 servers lack some of what is committed");
  const chain = panel.getByRole("button", { name: /^Show the chain/ });
  await expect(chain).toHaveAttribute("aria-pressed", "true");
  await panel.getByRole("button", { name: /node-2 is started again/ }).first().click();
  expect(Number(await slider(page).inputValue())).toBeLessThan(2 * spansOf("lying-disk-1").length);
  await page.getByRole("tab", { name: "Details" }).click();
  await expect(panel).toContainText("start");
});

test("a bug that is built in: the page says which rule does not hold, as the command does", async ({ page }) => {
  const out = shell("go run ./cmd/run -quiet -name bug -faults mixed -bug forget-vote -seed 6");
  const invariant = /violation at .*?: (\w+)/.exec(out.stderr)?.[1];
  expect(invariant, out.stderr).toBeTruthy();
  await open(page, pageOf("bug"));
  await expect(page.getByRole("tabpanel").getByRole("heading", { level: 2 })).toHaveText(`${invariant} does not hold`);
});
