import assert from "node:assert/strict";
import { test } from "node:test";
import { filtered, lastUpTo, visible } from "../panels/storylist.ts";
import { settingsOf } from "./config.ts";
import { lineAt, linesOf } from "./lines.ts";
import { madeRun } from "./madeup.ts";
import { none } from "./run.ts";

const run = madeRun([
  { name: "a", process: "p", start: 0, end: 9, lines: ["a1", "a2"] },
  { name: "b", process: "q", start: 5, end: 6, lines: ["b1"] },
  { name: "c", process: "p", start: 5, end: 7 },
  { name: "d", process: "q", start: 5, end: 8, lines: ["d1"] },
]);

test("the lines of a span, and the line at the cursor", () => {
  assert.deepEqual([0, 1, 2, 3].map((s) => linesOf(run, s)), [[0, 1], [2], [], [3]]);
  // Moments: a begins; b, c and d begin at one time; b, c, d, a end.
  assert.deepEqual([0, 1, 2, 3, 4, 5, 8, 99].map((n) => lineAt(run, n)), [none, 1, 2, 2, 3, 3, 3, 3]);
});

test("which lines are shown", () => {
  run.lines.bad[3] = 1;
  assert.deepEqual([...filtered(run, none, false)], [0, 1, 2, 3]);
  assert.deepEqual([...filtered(run, 1, false)], [2, 3]);
  assert.deepEqual([...filtered(run, none, true)], [3]);
  assert.deepEqual([...filtered(run, 0, true)], []);
  assert.deepEqual([0, 1, 2, 5, 9].map((line) => lastUpTo(Int32Array.of(1, 2, 5), line)), [none, 0, 1, 2, 2]);
  assert.deepEqual(visible(1000, 4400, 440, 44), { first: 94, last: 116 });
  assert.deepEqual(visible(3, 0, 440, 44), { first: 0, last: 3 });
  assert.deepEqual(visible(0, 100, 440, 44), { first: 0, last: 0 });
});

test("the settings at the top of a config", () => {
  const settings = settingsOf(
    'title = "A \\"b\\" \\u00e9"\nseed = 1\nraw = \'C:\\x\'\nbad = "\\q"\n[raft]\nseed = 2\n',
  );
  assert.equal(settings.get("title"), 'A "b" é');
  assert.equal(settings.get("seed"), "1");
  assert.equal(settings.get("raw"), "C:\\x");
  assert.equal(settings.get("bad"), '"\\q"');
  assert.equal(settings.size, 4);
  assert.equal(settingsOf("<script>").size, 0);
});
