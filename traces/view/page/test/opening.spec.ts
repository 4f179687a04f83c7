// A page opens from a file, asks for nothing, and takes nothing of a trace for markup.
import { expect, test } from "@playwright/test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { done, page as pageOf, workplace } from "./commands.ts";

test("a page opens from a file, and no request leaves it", async ({ page }) => {
  const requests: string[] = [];
  const wrong: string[] = [];
  page.on("request", (r) => requests.push(r.url()));
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("pageerror", (e) => wrong.push(e.message));
  const address = pageOf({ name: "opening" });
  await page.goto(address);
  await expect(page.locator("body[data-ready]")).toBeVisible();
  expect(requests.filter((url) => url !== address && !url.startsWith("blob:") && !url.startsWith("data:"))).toEqual([]);
  expect(wrong).toEqual([]);
});

test("the policy of the page lets it ask for nothing", async ({ page }) => {
  await page.goto(pageOf({ name: "opening" }));
  await expect(page.locator("body[data-ready]")).toBeVisible();
  const answers = await page.evaluate(async () => {
    const image = new Promise((resolve) => {
      const i = new Image();
      i.onerror = () => resolve("refused");
      i.onload = () => resolve("loaded");
      i.src = "http://127.0.0.1:1/x.png";
    });
    const asked = fetch("http://127.0.0.1:1/").then(() => "answered", () => "refused");
    return [await image, await asked];
  });
  expect(answers).toEqual(["refused", "refused"]);
});

test("no value of a trace is taken for markup", async ({ page }) => {
  const keys = [`<script>document.title="run"</script>`, `<img/src=x/onerror=document.title="run">`];
  done(`go run ./cmd/run -quiet -name markup -set 'keys=${JSON.stringify(keys)}'`);
  await page.goto(pageOf({ name: "markup" }));
  await expect(page.locator("body[data-ready]")).toBeVisible();
  await expect(page).not.toHaveTitle("run");
  expect(await page.locator("#app script, #app img").count()).toBe(0);
});

test("a page that was cut says so", async ({ page }) => {
  const whole = readFileSync(fileURLToPath(pageOf({ name: "opening" })), "utf8");
  const begin = whole.indexOf('id="run-0">') + 'id="run-0">'.length;
  const end = whole.indexOf("</script>", begin);
  const file = join(workplace, "cut.html");
  writeFileSync(file, whole.slice(0, begin + Math.floor((end - begin) / 8) * 4) + whole.slice(end));
  await page.goto(pathToFileURL(file).href);
  await expect(page.locator("#app")).toContainText("This page cannot be shown");
});
