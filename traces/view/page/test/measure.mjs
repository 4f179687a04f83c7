// Measures how fast a page opens and how smoothly it pans, in a real Chromium: node test/measure.mjs PAGE.html...
// It prints figures, and is no test: they depend on the machine.
import { chromium } from "@playwright/test";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const pages = process.argv.slice(2);
if (pages.length === 0) {
  console.error("usage: node test/measure.mjs PAGE.html...");
  process.exit(2);
}
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"],
});
for (const file of pages) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const began = Date.now();
  await page.goto(pathToFileURL(resolve(file)).href);
  await page.waitForSelector("body[data-ready]", { timeout: 120_000 });
  const painted = await page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  }));
  console.log(`${file}: open after ${Date.now() - began} ms, of which ${Math.round(painted)} ms in the page`);
  const box = await page.locator(".diagram-picture").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  for (const [name, zooms] of [["the whole run", 0], ["an eighth", 3], ["a 64th", 6], ["a 1024th", 10]]) {
    await page.keyboard.press("0");
    for (let k = 0; k < zooms; k++) await page.keyboard.press("+");
    await page.waitForTimeout(300);
    const { frames, slowest, note } = await pan(page);
    console.log(`  panning at ${name}: ${frames.toFixed(1)} frames a second, ` +
      `95% of the frames within ${slowest.toFixed(1)} ms; ${note}`);
  }
  await page.close();
}
await browser.close();

/** Turns the wheel sideways once a frame for three seconds, as a touchpad does, and returns what the frames took. */
function pan(page) {
  return page.evaluate(() => new Promise((done) => {
    const picture = document.querySelector(".diagram-picture");
    const box = picture.getBoundingClientRect();
    const times = [];
    let last = performance.now();
    const first = last;
    const step = (now) => {
      times.push(now - last);
      last = now;
      const back = Math.floor((now - first) / 500) % 2 === 1;
      picture.dispatchEvent(new WheelEvent("wheel", {
        deltaX: back ? -9 : 9, clientX: box.x + 400, clientY: box.y + 50, bubbles: true, cancelable: true,
      }));
      if (now - first < 3000) return requestAnimationFrame(step);
      times.shift();
      const sorted = times.toSorted((a, b) => a - b);
      done({
        frames: (1000 * times.length) / times.reduce((a, b) => a + b, 0), slowest: sorted[Math.floor(times.length * 0.95)],
        note: document.querySelector(".diagram-note")?.textContent || "all drawn",
      });
    };
    requestAnimationFrame(step);
  }));
}
