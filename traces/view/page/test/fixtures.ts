// What the tests of the page have in common: a page that is watched, and what a person does again and again.
import { expect, test as base, type Locator, type Page } from "@playwright/test";

export { expect };

/** A test whose pages ask for nothing, and in whose consoles nothing goes wrong. */
export const test = base.extend<{ watched: void }>({
  watched: [async ({ context }, use) => {
    const asked: string[] = [], wrong: string[] = [];
    context.on("request", (r) => /^(file|blob|data):/.test(r.url()) || asked.push(r.url()));
    context.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
    context.on("weberror", (e) => wrong.push(String(e.error())));
    await use();
    expect(asked).toEqual([]);
    expect(wrong).toEqual([]);
  }, { auto: true }],
});

/** Opens a page, at what a fragment says. It returns when all is there. */
export async function open(page: Page, address: string, fragment = ""): Promise<void> {
  await page.goto(fragment === "" ? address : `${address}#${fragment}`);
  await expect(page.locator("body[data-ready]")).toBeVisible();
}

/** The slider over all moments of the run. */
export const slider = (page: Page): Locator => page.getByRole("slider", { name: /^Cursor/ });

/** How many moments have happened. */
export const cursorOf = async (page: Page): Promise<number> => Number(await slider(page).inputValue());

/** The buttons that are there whatever panel is shown. */
export function controls(page: Page): Locator {
  const cursor = page.getByRole("region", { name: "Cursor" });
  return page.getByRole("banner").getByRole("button").or(cursor.getByRole("button"));
}

/** Shows a panel. */
export async function show(page: Page, panel: string): Promise<void> {
  await page.getByRole("tab", { name: panel, exact: true }).click();
}

/** Searches for a text, and goes to the first that is found. */
export async function find(page: Page, text: string): Promise<void> {
  const field = page.getByRole("combobox", { name: /^Search/ });
  await field.fill(text);
  await expect(page.getByRole("search").getByRole("status")).toHaveText(/^(1 match|[\d,]+ matches)$/);
  await field.press("Enter");
  await field.blur();
}

/** What stands in a table for a row and a column, by their headers. */
export async function cell(table: Locator, row: string, column: string): Promise<string> {
  const headers = await table.getByRole("columnheader").allInnerTexts();
  const at = headers.map((h) => h.trim()).indexOf(column);
  expect(at, `${column} among ${headers.join(", ")}`).toBeGreaterThanOrEqual(0);
  const line = table.getByRole("row").filter({ has: table.page().getByRole("rowheader", { name: row, exact: true }) });
  return seen(line.getByRole("cell").nth(at - 1));
}

/** The text of an element without what stands there for screen readers alone. */
export function seen(element: Locator): Promise<string> {
  return element.evaluate((e) => {
    const copy = e.cloneNode(true) as HTMLElement;
    for (const unseen of copy.querySelectorAll(".state-hidden, .unseen, .hidden-text")) unseen.remove();
    return copy.textContent.trim();
  });
}
