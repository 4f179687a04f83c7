import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparison, changed, moved, onlyA, onlyB, same, type ComparisonHead } from "./comparison.ts";
import { none } from "./run.ts";
import { nextStop, type Stop } from "../panels/differences-go.ts";

const head = { kind: "diff", why: "", difference: null, across: null, pairs: 4, unit_ns: 1, ignored: [] } as unknown as
  ComparisonHead;

/** Small numbers as a column has them, signed ones as zigzag. */
const column = (...numbers: number[]) => [new Uint8Array(numbers)];

// A has five spans, and so has B: 0 and 0, 1 and 2, 3 and 1, 4 and 3 are the same; 2 is only in A, 4 only in B.
const columns = new Map<string, Uint8Array[]>([
  ["twin", column(1, 3, 0, 4, 3)], // 1 + zigzag of 0, 1, -, -2 (of 3), 1 (of 2)
  ["how", column(changed << 1, onlyA << 1, moved << 1, (onlyB << 1) + 1)],
  ["span", column(2, 2, 2, 8)], // 1, 2, 3 of A; 4 of B
  ["at", column(20, 0, 10, 2)],
  ["cause", column(0, 1, 1, 0)],
  ["rule", column(0, 1, 9, 0)],
]);

test("twins and pairs are read as they were written", () => {
  const c = new Comparison({ head, columns }, 5, 5);
  assert.deepEqual([...c.twins[0]], [0, 2, none, 1, 3]);
  assert.deepEqual([...c.twins[1]], [0, 3, 1, 4, none]);
  assert.deepEqual(c.pairs.map((p) => p.spans), [[1, 2], [2, none], [3, 1], [none, 4]]);
  assert.deepEqual(c.pairs.map((p) => p.at), [10, 10, 15, 16]);
  assert.deepEqual(c.pairs.map((p) => p.cause), [none, 0, 1, none]);
  assert.deepEqual(c.pairs.map((p) => p.origin), [0, 0, 0, 3]);
  assert.deepEqual(c.pairs.map((p) => p.seen), [true, true, false, true]);
  assert.deepEqual([...c.how[0]], [same, changed, onlyA, moved, same]);
  assert.equal(c.pair(0, 3), 2);
  assert.equal(c.pair(0, 4), none);
  assert.deepEqual(c.stops, [0, 1, 3], "one does not stop at what only moved");
});

test("from difference to difference, on and back", () => {
  const stop = (place: number, run: number, span: number): Stop => ({ place, chosen: { run, span } });
  const all = [stop(3, 0, 1), stop(3, 1, 7), stop(9, 0, 4)];
  assert.equal(nextStop(all, 0, null, 1), 0);
  assert.equal(nextStop(all, 3, { run: 0, span: 1 }, 1), 1, "two at one place");
  assert.equal(nextStop(all, 3, { run: 1, span: 7 }, -1), 0);
  assert.equal(nextStop(all, 5, { run: 1, span: 7 }, 1), 2, "the cursor was moved");
  assert.equal(nextStop(all, 9, { run: 0, span: 4 }, 1), none);
  assert.equal(nextStop(all, 12, null, -1), 2);
  assert.equal(nextStop(all, 3, null, -1), none);
});
