// Takes the pictures of the page that the READMEs show: make screenshots. The same page gives the same picture.
import { chromium, type Browser, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import config from "../playwright.config.ts";
import { binaries, checkout, laboratory, sharedPage } from "./commands.ts";
import setup from "./setup.ts";
import { lostVote, spansOf } from "./trace.ts";

interface Picture {
  file: string;
  page: () => string;
  /** What it shows of the page: see the link that the page copies. */
  fragment: () => string;
  dark?: boolean;
  height?: number;
  /** What a person does before the picture is taken. */
  before?: (page: Page) => Promise<void>;
}

/** The last span of a run that has an attribute of a value, as a link names it. */
function span(run: string, key: string, value: string): string {
  const found = spansOf(run).filter((s) => s.attributes.get(key) === value).at(-1);
  if (!found) throw new Error(`${run} has no span with ${key} = ${value}`);
  return `0:${found.id}`;
}

const pictures: Picture[] = [
  {
    file: "run.png", page: () => sharedPage("leader-crash-1"), height: 760,
    fragment: () => `span=${span("leader-crash-1", "raft.role.event", "majority_granted")}`,
  },
  {
    file: "two-runs.png", page: () => sharedPage("default-1+lost-vote"), height: 900,
    fragment: () => "window=0-16000000", before: (page) => page.keyboard.press("d"),
  },
  {
    file: "dark.png", page: () => sharedPage("lying-disk-1"), dark: true, fragment: () => "",
  },
  {
    file: "laboratory.png", page: () => pathToFileURL(laboratory).href, height: 900,
    fragment: () => `scenario=default&drop=${lostVote()}&base-scenario=default&window=0-16000000`,
    before: (page) => page.getByRole("heading", { name: /^A: default-1, B: / }).waitFor({ timeout: 60_000 }),
  },
];

async function take(browser: Browser, p: Picture): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: p.height ?? 800 }, colorScheme: p.dark ? "dark" : "light", reducedMotion: "reduce",
  });
  await page.goto(`${p.page()}#${p.fragment()}`);
  await page.locator("body[data-ready]").waitFor();
  await p.before?.(page);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: join(checkout, "cmd/view", p.file), animations: "disabled", caret: "hide" });
  await page.close();
}

setup();
execFileSync(join(binaries, "view"), ["-lab", "-out", laboratory], { cwd: checkout, stdio: "inherit" });
const browser = await chromium.launch(config.use!.launchOptions!);
for (const p of pictures) await take(browser, p);
await browser.close();
