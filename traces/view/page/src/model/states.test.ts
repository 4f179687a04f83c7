import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, plantedRun, type Planted } from "./planted.ts";
import { none } from "./run.ts";
import { intervals, StateAt, statesOf } from "./states.ts";

const fields = [
  fieldOf("status", "status", [["", "text"]]),
  fieldOf("term", "scalar", [["", "number"]]),
  fieldOf(
    "log",
    "table",
    [
      ["term", "number"],
      ["command", "text"],
    ],
    { chosen: "term", colour: "term" },
  ),
  fieldOf("store", "store", [["value", "text"]]),
];

const spans = [0, 1, 2, 3, 4].map((k) => ({ process: k % 2, start: 10 * k, end: 10 * k + 5 }));

const planted: Planted[] = [
  [1, 0, 0, "", ["up"]],
  [1, 1, 0, "", ["up"]],
  [2, 0, 1, "", ["3"]],
  [3, 0, 2, "1", ["3", "put a 1"]],
  [3, 0, 2, "2", ["3", "put b <i>"]],
  [4, 0, 3, "a", ["1"]],
  [5, 0, 2, "2", null],
  [5, 0, 1, "", ["5"]],
  [6, 0, 2, "2", ["5", "put a 1"]],
  [7, 0, 0, "", ["down"]],
  [8, 0, 1, "", null],
  [9, 0, 1, "", ["9"]],
];

/** What was planted, told anew from the beginning for each moment. */
function told(moments: number): Map<string, string> {
  const all = new Map<string, string>();
  for (const [after, process, field, key, values] of planted) {
    if (after > moments) continue;
    if (values === null) all.delete(`${process} ${field} ${key}`);
    else all.set(`${process} ${field} ${key}`, values.join("|"));
  }
  return all;
}

function held(at: StateAt): Map<string, string> {
  const all = new Map<string, string>();
  for (const cell of at.states.cells) {
    for (const slot of cell.slots) {
      const change = at.set(slot);
      if (change === none) continue;
      const f = at.states.fields[cell.field]!;
      const key = f.kind === "table" || f.kind === "store" ? at.states.keyText(slot) : "";
      all.set(`${cell.process} ${cell.field} ${key}`, f.columns.map((_, k) => at.states.text(change, k)).join("|"));
    }
  }
  return all;
}

const sorted = (all: Map<string, string>) => [...all].sort();

test("forwards and back, each moment holds what was told until then", () => {
  const at = new StateAt(statesOf(plantedRun(["node-1", "node-2"], spans, fields, planted)));
  for (const moments of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 0, 6, 3, 9]) {
    at.seek(moments);
    assert.deepEqual(sorted(held(at)), sorted(told(moments)), `after ${moments} moments`);
  }
});

test("a move says which slots hold something else, and what they held", () => {
  const states = statesOf(plantedRun(["node-1", "node-2"], spans, fields, planted));
  const at = new StateAt(states);
  at.seek(4);
  const name = (slot: number) => {
    const cell = states.cellOf(slot);
    return `${cell.process} ${states.fields[cell.field]!.name}`;
  };
  assert.deepEqual([...at.seek(5).keys()].map(name), ["0 log", "0 term"]);
  assert.deepEqual([...at.seek(4).keys()].map(name), ["0 term", "0 log"]);
  assert.deepEqual(
    [...at.seek(9)].map(([slot, was]) => [name(slot), was === none ? "" : states.text(was)]),
    [
      ["0 log", "3"],
      ["0 term", "3"],
      ["0 status", "up"],
    ],
  );
  assert.equal(at.seek(9).size, 0);
});

test("what is set and set back is no difference", () => {
  const same: Planted[] = [
    [1, 0, 1, "", ["1"]],
    [2, 0, 1, "", ["2"]],
    [3, 0, 1, "", ["1"]],
  ];
  const at = new StateAt(statesOf(plantedRun(["node-1"], spans, fields, same)));
  at.seek(1);
  assert.equal(at.seek(3).size, 0);
  assert.equal(at.value(0, 1), "1");
});

test("intervals", () => {
  const run = plantedRun(["node-1", "node-2"], spans, fields, planted);
  const brief = (name: string, process = 0) => intervals(run, process, name).map((i) => [i.value, i.from, i.to]);
  assert.deepEqual(brief("term"), [
    ["3", 5, 20],
    ["5", 20, 35],
    ["9", 40, 45],
  ]);
  assert.deepEqual(brief("status"), [
    ["up", 0, 30],
    ["down", 30, 45],
  ]);
  assert.deepEqual(brief("status", 1), [["up", 0, 45]]);
  assert.deepEqual(brief("nothing of the kind"), []);
});

test("rows are found by their positions", () => {
  const states = statesOf(plantedRun(["node-1", "node-2"], spans, fields, planted));
  const at = new StateAt(states);
  at.seek(6);
  assert.equal(states.text(at.row(0, 2, 2), 1), "put a 1");
  assert.equal(at.row(0, 2, 3), none);
  assert.equal(at.row(1, 2, 1), none);
  assert.equal(at.rows(0, 2).length, 2);
  at.seek(5);
  assert.equal(at.row(0, 2, 2), none);
});
