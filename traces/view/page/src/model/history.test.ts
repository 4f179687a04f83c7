import assert from "node:assert/strict";
import { test } from "node:test";
import { barsOf, operationOf } from "../panels/history-view.ts";
import { historyOf, within } from "./history.ts";
import { Bytes, plantedRun } from "./planted.ts";
import { none, type Run } from "./run.ts";

/** Six operations: three of client-2, one after the other, three of client-1. */
const spans = [
  { process: 0, start: 0, end: 10 },
  { process: 1, start: 5, end: 25 },
  { process: 0, start: 10, end: 20 },
  { process: 0, start: 30, end: 90 },
  { process: 1, start: 40, end: 41 },
  { process: 1, start: 41, end: 42 },
];

function run(): Run {
  const r = plantedRun(["client-2", "client-1"], spans, [], []);
  const b = new Bytes();
  /** Placed, at a position, agreed on by the span after it, and applied by the same. */
  const placed = (by: number, rank: number, from: number, to: number, position: number) => {
    b.signed(by);
    [0, rank].forEach((n) => b.add(n));
    b.signed(from);
    b.signed(to);
    b.add(position);
    if (position > 0) [1, 0].forEach((n) => b.signed(n));
  };
  placed(0, 0, 2, 3, 7);
  placed(1, 1, 5, 0, 0);
  for (const state of [1, 2, 4]) {
    b.signed(1);
    b.add(state);
    b.add(0);
  }
  placed(1, 2, 0, 1, 9);
  r.packed.columns.set("history", [Uint8Array.from(b.all)]);
  r.head.history = { operations: 6, keys: [], request: "r", key: "k", value: "v", result: "a" };
  return r;
}

test("operations are read as they were written", () => {
  const h = historyOf(run());
  assert.deepEqual(
    h.operations.map((o) => [o.span, o.state, o.rank, o.from, o.to]),
    [
      [0, "placed", 0, 2, 5],
      [1, "placed", 1, 10, 10],
      [2, "misfit", none, none, none],
      [3, "after", none, none, none],
      [4, "unknown", none, none, none],
      [5, "placed", 2, 41, 42],
    ],
  );
  assert.deepEqual(
    h.operations.map((o) => [o.position, o.chosen, o.applied]),
    [
      [7, 1, none],
      [0, none, none],
      [0, none, none],
      [0, none, none],
      [0, none, none],
      [9, 6, none],
    ],
  );
});

test("clients come in the order of their names, each with its operations", () => {
  const h = historyOf(run());
  assert.deepEqual(
    h.clients.map((c) => h.lanes.get(c)),
    [
      [1, 4, 5],
      [0, 2, 3],
    ],
  );
});

test("the operations of a part of the run", () => {
  const r = run(),
    h = historyOf(r);
  const of = (from: number, to: number) => within(r, h, h.lanes.get(0)!, from, to);
  assert.deepEqual(of(0, 5), [0]);
  assert.deepEqual(of(15, 29), [2]);
  assert.deepEqual(of(21, 29), []);
  assert.deepEqual(of(50, 60), [3]);
  assert.deepEqual(of(0, 100), [0, 2, 3]);
});

test("what is too short is drawn as one, but for what is looked at and what no order explains", () => {
  const r = run(),
    h = historyOf(r);
  const of = (client: number, scale: number, apart = none) =>
    barsOf(r, h, h.lanes.get(client)!, 0, 100, (t) => t * scale, apart).map((b) => [b.operation, b.stands]);
  assert.deepEqual(of(1, 10), [
    [1, 1],
    [4, 1],
    [5, 1],
  ]);
  assert.deepEqual(of(1, 0.4), [
    [1, 1],
    [4, 2],
  ]);
  assert.deepEqual(of(1, 0.4, 5), [
    [1, 1],
    [4, 1],
    [5, 1],
  ]);
  assert.deepEqual(of(0, 0.01), [
    [0, 1],
    [2, 1],
    [3, 1],
  ]); // 2 does not fit
});

test("a span is of the operation that it is below", () => {
  const r = run(),
    h = historyOf(r);
  assert.equal(operationOf(r, h, 3), 3);
  r.parent[3] = 2;
  h.of.delete(3);
  assert.equal(operationOf(r, h, 3), 2);
});
