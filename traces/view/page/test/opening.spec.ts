// A page opens from a file, asks for nothing, and takes nothing of a trace for markup.
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { sharedPage, workplace, write } from "./commands.ts";
import { expect, open, test } from "./fixtures.ts";
import { spansOf } from "./trace.ts";

test("a page opens from a file, and says what it shows", async ({ page }) => {
  await open(page, sharedPage("default-1"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("default-1");
  const n = spansOf("default-1").length;
  await expect(page.getByRole("banner")).toContainText(`Raft · Raft without failures · seed 1 · ${n} spans`);
  await expect(page.getByRole("application", { name: "Space-time diagram of default-1" })).toBeVisible();
});

test("the policy of the page lets it ask for nothing", async ({ browser }) => {
  const page = await browser.newPage(); // not watched: it asks, and is refused
  await open(page, sharedPage("default-1"));
  const answers = await page.evaluate(async () => {
    const image = new Promise((resolve) => {
      const i = new Image();
      i.onerror = () => resolve("refused");
      i.onload = () => resolve("loaded");
      i.src = "http://127.0.0.1:1/x.png";
    });
    const asked = fetch("http://127.0.0.1:1/").then(() => "answered", () => "refused");
    const refused = (directive: string, resolve: (says: string) => void) =>
      document.addEventListener("securitypolicyviolation", (e) => {
        if (e.effectiveDirective === directive) resolve("refused");
      });
    const inline = new Promise((resolve) => {
      refused("script-src-elem", resolve);
      const s = document.createElement("script");
      s.textContent = "document.title = 'run'";
      document.body.append(s);
    });
    const from = (address: string) => new Promise((resolve) => {
      const frame = document.createElement("iframe");
      refused("frame-src", resolve);
      frame.src = address;
      document.body.append(frame);
    });
    return [await image, await asked, await inline, await from("http://127.0.0.1:1/")];
  });
  expect(answers).toEqual(["refused", "refused", "refused", "refused"]);
  await expect(page).not.toHaveTitle("run");
  await page.close();
});

test("a page that was cut says so", async ({ page }) => {
  const whole = readFileSync(fileURLToPath(sharedPage("default-1")), "utf8");
  const begin = whole.indexOf('id="run-0">') + 'id="run-0">'.length;
  const end = whole.indexOf("</script>", begin);
  const file = write("cut-within.html", whole.slice(0, begin + Math.floor((end - begin) / 8) * 4) + whole.slice(end));
  await page.goto(pathToFileURL(join(workplace, file)).href);
  await expect(page.getByRole("list", { name: "Notes" })).toContainText(
    "The run cannot be shown: its data is damaged (it cannot be unpacked). Get the file again, or make it anew.",
  );
});
