// Nothing that a trace says is taken for markup, or for anything but text.
import type { Page } from "@playwright/test";
import { pageOf, run as makeRun, write } from "./commands.ts";
import { expect, find, open, test } from "./fixtures.ts";

/** A text that would change the title of the page, were it taken for markup. */
const evil = (n: string) =>
  `</title></script><script>document.title="evil"</script><img src=x onerror=document.title="evil">${n}`;

/** Nothing was carried out, and nothing became an element. */
async function harmless(page: Page): Promise<void> {
  await expect(page).not.toHaveTitle("evil");
  expect(await page.locator("#app").locator("script, img, iframe, object, b[id], svg script").count()).toBe(0);
}

/** Goes through all panels, and says what stands in them. */
async function throughAll(page: Page): Promise<string> {
  let all = "";
  for (const tab of await page.getByRole("tab").all()) {
    await tab.click();
    all += await page.getByRole("tabpanel").innerText();
    await harmless(page);
  }
  return all;
}

test("keys and values of the store that are markup are shown as they are", async ({ page }) => {
  const keys = [`<script>document.title="evil"</script>`, `<img/src=x/onerror=document.title="evil">`];
  const set = JSON.stringify(keys).replaceAll("'", `'\\''`);
  makeRun("markup", `-set 'keys=${set}'`);
  await open(page, pageOf("markup"));
  await page.keyboard.press("End");
  const all = await throughAll(page);
  for (const key of keys) expect(all).toContain(key);
});

const text = (value: string) => ({ stringValue: value });
const attribute = (key: string, value: string) => ({ key, value: text(value) });

/** A trace all of whose names, keys and texts are markup. */
function hostile(): string {
  const spans = ["1", "2"].map((n) => ({
    traceId: "1".repeat(32), spanId: n.repeat(16), parentSpanId: n === "2" ? "1".repeat(16) : "",
    name: evil(`name ${n}`), kind: 3, startTimeUnixNano: `${n}000000`, endTimeUnixNano: `${n}500000`,
    attributes: [
      attribute(evil("key"), evil("value")), attribute("__proto__", "constructor"), attribute("toString", "x"),
    ],
    events: [
      { name: evil("event"), timeUnixNano: `${n}200000`, attributes: [attribute(evil("event key"), evil("v"))] },
    ],
    links: [{ traceId: "1".repeat(32), spanId: "1".repeat(16), attributes: [attribute(evil("link"), evil("v"))] }],
    status: { code: 2, message: evil("status") },
  }));
  const resource = {
    attributes: [
      attribute("service.name", evil("service")), attribute("service.instance.id", evil("process")),
      attribute("raftkv.run.name", evil("run name")),
    ],
  };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: evil("scope") }, spans }] }] });
}

test("a trace all of whose names are markup is shown, with all of them as text", async ({ page }) => {
  await open(page, pageOf(write("hostile.json", hostile())));
  await harmless(page);
  await find(page, "2".repeat(16));
  const all = await throughAll(page);
  for (const what of ["name 2", "key", "value", "event", "event key", "link", "status"]) {
    expect(all).toContain(evil(what));
  }
  await page.keyboard.press("["); // what led to it
  await page.keyboard.press("?");
  await harmless(page);
  await page.getByRole("button", { name: "Close" }).click();
  const box = (await page.getByRole("application").boundingBox())!;
  for (let x = 0.2; x < 1; x += 0.1) await page.mouse.move(box.x + box.width * x, box.y + 70);
  await harmless(page);
});

test("a picture of it is a picture, and carries nothing out", async ({ page }) => {
  await open(page, pageOf(write("hostile-picture.json", hostile())));
  const download = page.waitForEvent("download");
  await page.keyboard.press("s");
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/^[\w.-]+\.svg$/);
  let svg = "";
  for await (const part of await saved.createReadStream()) svg += String(part);
  const elements = await page.evaluate((source) => {
    const document = new DOMParser().parseFromString(source, "image/svg+xml");
    return [...new Set([...document.querySelectorAll("*")].map((e) => e.localName))];
  }, svg);
  expect(elements).toContain("svg");
  for (const bad of ["script", "img", "parsererror", "foreignObject"]) expect(elements).not.toContain(bad);
});

test("the search takes nothing for a pattern or for markup", async ({ page }) => {
  await open(page, pageOf(write("hostile-search.json", hostile())));
  for (const query of ["<script>", "(", "[a-", "\\", ".*", `"`, "=", "a=", "__proto__=constructor"]) {
    await page.getByRole("combobox", { name: /^Search/ }).fill(query);
    await expect(page.getByRole("search").getByRole("status")).toHaveText(/match|found|^$/);
    await harmless(page);
  }
});
