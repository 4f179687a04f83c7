import assert from "node:assert/strict";
import { test } from "node:test";
import { causesOf, effectsOf, neighbours } from "./graph.ts";
import { madeRun } from "./madeup.ts";

// 0 is above 1 and 2; 3 is below 1 and linked to 2, and to a span that the trace does not have; 4 stands alone.
const run = madeRun([
  { name: "a", process: "p", start: 0, end: 9 }, { name: "b", process: "p", start: 1, end: 2, parent: 0 },
  { name: "c", process: "q", start: 2, end: 3, parent: 0, links: [0] },
  { name: "d", process: "q", start: 4, end: 5, parent: 1, links: [2, -1, 3] },
  { name: "e", process: "q", start: 6, end: 7 },
]);

const sorted = (spans: Iterable<number>) => [...spans].sort((a, b) => a - b);

test("causes and effects, one step away and all", () => {
  assert.deepEqual(neighbours(run, 3), { causes: [1, 2], effects: [] });
  assert.deepEqual(neighbours(run, 0), { causes: [], effects: [1, 2] });
  assert.deepEqual(neighbours(run, 2), { causes: [0], effects: [3] }); // its parent is linked, too
  assert.deepEqual(sorted(causesOf(run, 3)), [0, 1, 2]);
  assert.deepEqual(sorted(effectsOf(run, 0)), [1, 2, 3]);
  assert.deepEqual(sorted(effectsOf(run, 1)), [3]);
  assert.deepEqual([causesOf(run, 4).size, effectsOf(run, 4).size], [0, 0]);
});
