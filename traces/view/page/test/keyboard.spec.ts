// The page without a mouse.
import type { Page } from "@playwright/test";
import { done, sharedPage } from "./commands.ts";
import { controls, expect, open, test } from "./fixtures.ts";
import { spansOf } from "./trace.ts";

/** What has the focus, as a screen reader names it, and whether a person sees that it has. */
async function focused(page: Page): Promise<{ name: string; seen: boolean; key: string }> {
  return page.evaluate(() => {
    const e = document.activeElement as HTMLElement;
    const look = getComputedStyle(e), over = getComputedStyle(e, "::after"); // the diagram has its border over it
    const name = e.getAttribute("aria-label") ?? e.title;
    const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1;
    const bordered = over.content !== "none" && over.borderStyle !== "none";
    const seen = outlined || (bordered && parseFloat(over.borderWidth) >= 1);
    const box = e.getBoundingClientRect();
    const place = `${Math.round(box.x + scrollX)},${Math.round(box.y + scrollY)}`;
    const key = e === document.body ? "body" : `${e.tagName} ${name} ${place}`;
    return { name: name || e.innerText.trim() || e.tagName, seen, key };
  });
}

/** Presses Tab until something of a name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press("Tab");
    if (name.test((await focused(page)).name)) return;
  }
  throw new Error(`Tab does not get to ${name}`);
}

test("from opening the page to the command that runs it again without a message", async ({ page }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const granted = spansOf("default-1").filter((s) => s.attributes.get("raft.reply") === "VoteGranted");
  const asked = granted.find((s) => s.process === "node-1")!;
  await open(page, sharedPage("default-1"));
  await page.keyboard.press("/");
  await page.keyboard.type(asked.id);
  await expect(page.getByRole("search").getByRole("status")).toHaveText("1 match");
  await page.keyboard.press("Enter");
  for (let i = 0; i < 3; i++) await page.keyboard.press("Escape"); // out of the field
  await page.keyboard.press("m"); // follow the message
  await page.keyboard.press("z"); // as large as it goes
  await page.keyboard.press("Enter"); // its details
  await expect(page.getByRole("tab", { name: "Details" })).toHaveAttribute("aria-selected", "true");
  await tabTo(page, /^Copy the command: run again without this message/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "Copied: the command" })).toBeAttached();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toContain(`-drop ${asked.id}`);
  done(`${line} -quiet -name without-a-mouse`);
  expect(spansOf("without-a-mouse").find((s) => s.id === asked.id)!.events.map((e) => e.name)).toContain("drop");
});

test("a span, its neighbours and other processes are chosen with keys", async ({ page }) => {
  await open(page, sharedPage("leader-crash-1"));
  const says = page.getByText(/^Chosen:/).locator("..");
  await page.keyboard.press("e");
  await expect(says).toContainText("raft.election");
  const of = async () => (await says.innerText()).match(/(world|node-\d|client-\d)/)![0];
  const process = await of();
  await page.keyboard.press("j");
  expect(await of()).toBe(process);
  await page.keyboard.press("Shift+J");
  expect(await of()).not.toBe(process);
  await page.keyboard.press("Shift+K");
  expect(await of()).toBe(process);
});

test("every button of the page has a key, and the help lists it", async ({ page }) => {
  await open(page, sharedPage("default-1+lost-vote"));
  await page.keyboard.press("ArrowRight");
  const buttons = await controls(page).evaluateAll((all) =>
    all.map((b) => ({
      name: b.getAttribute("aria-label") ?? b.textContent, keys: b.getAttribute("aria-keyshortcuts"),
    })));
  expect(buttons.length).toBeGreaterThan(20);
  expect(buttons.filter((b) => !b.keys)).toEqual([]);
  await page.keyboard.press("?");
  const listed = await page.getByRole("dialog").locator("dt").evaluateAll((all) =>
    all.map((dt) => [...dt.querySelectorAll("kbd")].map((k) => k.textContent).join("+").toLowerCase()));
  const symbols: Record<string, string> = { arrowleft: "←", arrowright: "→", escape: "esc" };
  for (const b of buttons) {
    const key = b.keys!.toLowerCase();
    const shown = key.split(/\+(?=.)/).map((k) => symbols[k] ?? k).join("+");
    expect(listed, `${b.name}: ${b.keys}`).toContain(shown);
  }
  for (const tab of await page.getByRole("tab", { includeHidden: true }).all()) {
    expect(listed).toContain(await tab.getAttribute("aria-keyshortcuts"));
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("Tab goes through the page and out of it, and the focus is seen wherever it is", async ({ page }) => {
  await open(page, sharedPage("leader-crash-1"));
  for (const panel of await page.getByRole("tab").all()) {
    await page.keyboard.press((await panel.getAttribute("aria-keyshortcuts"))!);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const visited: string[] = [], unseen: string[] = [];
    for (let i = 0; i < 300; i++) {
      await page.keyboard.press("Tab");
      const { name, seen, key } = await focused(page);
      if (key === "body" || key === visited[0]) break;
      expect(key, `Tab stays at ${name}`).not.toBe(visited.at(-1));
      visited.push(key);
      if (!seen) unseen.push(name);
    }
    expect(unseen).toEqual([]);
    expect(visited.length).toBeGreaterThan(15);
    expect(visited.length).toBeLessThan(300);
  }
});

test("the help is opened and closed with keys, and the focus comes back", async ({ page }) => {
  await open(page, sharedPage("default-1"));
  await tabTo(page, /^Help/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  expect((await focused(page)).name).toMatch(/^Help/);
});

test("a key that is typed into a field does nothing else", async ({ page }) => {
  await open(page, sharedPage("default-1"));
  await page.keyboard.press("/");
  await page.keyboard.type("test?3 ");
  await expect(page.getByRole("combobox", { name: /^Search/ })).toHaveValue("test?3 ");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: "Play" })).toBeVisible();
});
