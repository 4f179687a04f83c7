import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, plantedRun, type Planted } from "../model/planted.ts";
import { none } from "../model/run.ts";
import { StateAt, statesOf } from "../model/states.ts";
import { groupsOf, hueOf, positionsOf, reached, standing, viewOf } from "./state-view.ts";

const log = fieldOf(
  "log",
  "table",
  [
    ["term", "number"],
    ["command", "text"],
  ],
  { chosen: "commit", applied: "applied" },
);
const fields = [
  fieldOf("commit", "scalar", [["", "number"]]),
  fieldOf("applied", "scalar", [["", "number"]]),
  log,
  fieldOf("accepted", "table", [
    ["ballot", "text"],
    ["command", "text"],
  ]),
  fieldOf("chosen", "table", [["command", "text"]], { applied: "applied" }),
];
const spans = Array.from({ length: 60 }, (_, k) => ({ process: k % 2, start: 10 * k, end: 10 * k + 5 }));

/** A log of 50 entries at both processes, of which 3 are chosen and 2 applied; then the second changes one. */
const planted: Planted[] = [];
for (let k = 1; k <= 50; k++) for (const p of [0, 1]) planted.push([k, p, 2, String(k), ["1", `put ${k}`]]);
planted.push([60, 0, 0, "", ["3"]], [61, 0, 1, "", ["2"]], [70, 1, 2, "7", ["2", "other"]]);
planted.push([80, 0, 3, "1", ["1.1", "put x"]], [80, 1, 3, "1", ["2.1", "put y"]], [81, 1, 4, "1", ["put y"]]);

const run = () => plantedRun(["node-10", "node-2"], spans, fields, planted);

test("a long table shows its end, what changed, or what was asked for", () => {
  const of = (moments: number, wanted: number | null = null) => {
    const p = positionsOf(viewOf(once, 0, moments), 2, 10, wanted);
    return p && [p.first, p.last, p.from, p.to];
  };
  const once = run();
  assert.deepEqual(of(0), null);
  assert.deepEqual(of(5), [1, 5, 1, 5]);
  assert.deepEqual(of(69), [1, 50, 41, 50]);
  assert.deepEqual(of(70), [1, 50, 2, 11]);
  assert.deepEqual(of(70, 20), [1, 50, 20, 29]);
  assert.deepEqual(of(70, 999), [1, 50, 41, 50]);
});

test("what changed is what the last moment changed, at first", () => {
  const r = run();
  assert.deepEqual(
    [...viewOf(r, 0, 61).changed].map((slot) => statesOf(r).cellOf(slot).field),
    [1],
  );
  const again = viewOf(r, 0, 61);
  assert.equal(again, viewOf(r, 0, 61));
  assert.equal(viewOf(r, 0, 62).changed.size, 0);
});

test("what is chosen and applied", () => {
  const v = viewOf(run(), 0, 90);
  const of = (process: number, field: number, position: number) => {
    const s = standing(v, v.at.row(process, field, position));
    return `${s.chosen ? "chosen" : ""} ${s.applied ? "applied" : ""}`.trim();
  };
  assert.deepEqual(
    [2, 3, 4].map((p) => of(0, 2, p)),
    ["chosen applied", "chosen", ""],
  );
  assert.equal(of(1, 2, 1), ""); // it does not know yet
  assert.deepEqual([of(0, 3, 1), of(1, 3, 1)], ["", "chosen"]); // only y is chosen
  assert.equal(of(1, 4, 1), "chosen");
});

test("processes come in the order of their names, and values when they were reached", () => {
  const states = statesOf(run());
  assert.deepEqual(groupsOf(states), [{ processes: [1, 0], fields: [0, 1] }]);
  assert.equal(reached(states, 0, 0, 3, 0), 60);
  assert.equal(reached(states, 0, 0, 4, 0), none);
  assert.equal(reached(states, 0, 0, 3, 61), none);
});

test("hues", () => {
  assert.notEqual(hueOf("1"), hueOf("2"));
  assert.equal(hueOf("2.1"), hueOf("2.1"));
  for (const text of ["", "x", "-1", "99", "2.1"]) assert.ok(hueOf(text) !== 5 && hueOf(text) <= 6);
});

test("a state can be asked for from anywhere", () => {
  const at = new StateAt(statesOf(run()));
  at.seek(90);
  assert.equal(at.value(0, 0), "3");
});
