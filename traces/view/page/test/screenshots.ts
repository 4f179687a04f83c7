// Takes the pictures of the page that the READMEs show: make screenshots. The same page gives the same picture.
import { chromium, type Browser, type Page } from "@playwright/test";
import { join } from "node:path";
import config from "../playwright.config.ts";
import { checkout, sharedPage } from "./commands.ts";
import setup from "./setup.ts";
import { spansOf } from "./trace.ts";

interface Picture {
  file: string;
  /** The shared page, and what it shows of it: see the link that the page copies. */
  page: string;
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
    file: "run.png", page: "leader-crash-1", height: 760,
    fragment: () => `span=${span("leader-crash-1", "raft.role.event", "majority_granted")}`,
  },
  {
    file: "two-runs.png", page: "default-1+lost-vote", height: 900,
    fragment: () => "window=0-16000000", before: (page) => page.keyboard.press("d"),
  },
  {
    file: "dark.png", page: "lying-disk-1", dark: true,
    fragment: () => "", 
  },
];

async function take(browser: Browser, p: Picture): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: 1280, height: p.height ?? 800 }, colorScheme: p.dark ? "dark" : "light", reducedMotion: "reduce",
  });
  await page.goto(`${sharedPage(p.page)}#${p.fragment()}`);
  await page.locator("body[data-ready]").waitFor();
  await p.before?.(page);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: join(checkout, "cmd/view", p.file), animations: "disabled", caret: "hide" });
  await page.close();
}

setup();
const browser = await chromium.launch(config.use!.launchOptions!);
for (const p of pictures) await take(browser, p);
await browser.close();
