// What a person gets of a trace that is cut off, empty, or of another program, and of a page that was cut.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addressOf, shell, sharedPage, workplace, write } from "./commands.ts";
import { expect, find, open, show, test } from "./fixtures.ts";

const trace = (run: string) => readFileSync(join(workplace, "traces/runs", run, "trace.otlp.jsonl"), "utf8");

test("a trace that is cut off: the page shows what is there, and says so", async ({ page }) => {
  const file = write("cut-off.jsonl", trace("default-1").slice(0, 100_000));
  const out = shell(`go run ./cmd/view -out cut-off.html ${file}`);
  expect(out.status).toBe(1);
  expect(out.stderr).toMatch(/^error: cut-off\.jsonl:1:\d+: .*cut off/);
  await open(page, addressOf("cut-off.html"));
  await expect(page.getByRole("list", { name: "Notes" })).toContainText("cut off");
  await expect(page.getByRole("application")).toBeVisible();
  await page.keyboard.press("End");
  await expect(page.getByRole("tabpanel")).toContainText("After moment");
});

for (const { what, text, says } of [
  { what: "an empty file", text: "", says: /^error: wrong\d\.json: there are no spans in it/ },
  { what: "what is no JSON", text: "trace\n", says: /^error: wrong\d\.json:1:\d+: / },
  { what: "JSON that is no trace", text: `{"a":[1]}`, says: /^error: wrong\d\.json(:1:\d+)?: / },
]) {
  test(`of ${what} no page is made, and the command says what is wrong`, () => {
    const file = write(`wrong${text.length}.json`, text);
    const out = shell(`go run ./cmd/view -out wrong.html ${file}`);
    expect(out.status).toBe(2);
    expect(out.stderr.replace(/wrong\d+/, "wrong0")).toMatch(says);
    expect(shell("ls wrong.html").status).not.toBe(0);
  });
}

/** A trace of a program that has nothing to do with consensus. */
function shop(): string {
  const span = (id: string, parent: string, name: string, kind: number, from: number, to: number) => ({
    traceId: "5".repeat(32), spanId: id.repeat(16), parentSpanId: parent && parent.repeat(16), name, kind,
    startTimeUnixNano: String(from * 1000), endTimeUnixNano: String(to * 1000),
  });
  const service = (name: string, ...spans: object[]) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: name } }] }, scopeSpans: [{ spans }],
  });
  return JSON.stringify({
    resourceSpans: [
      service("shop", span("1", "", "GET /cart", 2, 1, 900), span("2", "1", "SELECT", 3, 100, 500)),
      service("database", span("3", "2", "SELECT", 2, 200, 400)),
    ],
  });
}

test("a trace of another program is shown, as far as it can be", async ({ page }) => {
  const out = shell(`go run ./cmd/view -out shop.html ${write("shop.json", shop())}`);
  expect(out.status, out.stderr).toBe(0);
  await open(page, addressOf("shop.html"));
  await expect(page.getByRole("banner")).toContainText("3 spans");
  await page.keyboard.press("End");
  await expect(page.getByRole("tabpanel")).toContainText("This trace does not tell what its processes hold.");
  await find(page, "cart");
  await show(page, "Details");
  await expect(page.getByRole("tabpanel").getByRole("heading", { level: 2 })).toHaveText("GET /cart");
  await expect(page.getByText(/^run (it )?again/)).toHaveCount(0); // there is no config that would do so
  await expect(page.getByRole("tab", { name: /Violation|Differences/ })).toHaveCount(0);
});

test("a run that is no trace any more: the command names what there is", () => {
  const out = shell("go run ./cmd/view defualt-1");
  expect(out.status).toBe(2);
  expect(out.stderr).toContain("default-1");
});

/** A page of which a part is there, as a mail or a download that broke off leaves it. */
for (const part of [0.3, 0.9, 0.999]) {
  test(`a page of which ${100 * part} per cent are there says so`, async ({ page }) => {
    const whole = readFileSync(fileURLToPath(sharedPage("default-1")), "utf8");
    const begin = whole.indexOf('id="run-0"');
    const file = write(`broken-${part}.html`, whole.slice(0, begin + Math.floor((whole.length - begin) * part)));
    await page.goto(pathToFileURL(join(workplace, file)).href);
    await expect(page.locator("body[data-ready]")).toBeVisible();
    await expect(page.getByRole("list", { name: "Notes" })).toContainText(/cut/);
  });
}
