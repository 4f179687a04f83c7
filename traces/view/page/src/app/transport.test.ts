import assert from "node:assert/strict";
import { test } from "node:test";
import { madeRun } from "../model/madeup.ts";
import { none } from "../model/run.ts";
import { axis, chosen, cursor, runs, shown, slice, whole } from "./state.ts";
import { press } from "./keys.ts";
import {
  addJump, advance, momentsUntil, nextOf, placesOf, playing, reveal, speed, startTransport, step, stepOfProcess,
  togglePlay,
} from "./transport.ts";

// Moments: a0 begins at 0, b1 at 10, b1 ends at 20, a2 begins at 30 and ends at 40, b3 begins at 40, a0 ends at 100,
// b3 at 110.
const run = madeRun([
  { name: "a0", process: "a", start: 0, end: 100 },
  { name: "b1", process: "b", start: 10, end: 20, mark: "fault" },
  { name: "a2", process: "a", start: 30, end: 40, mark: "election" },
  { name: "b3", process: "b", start: 40, end: 110, mark: "violation" },
]);

function begin(): void {
  runs.value = [run];
  axis.value = "time";
  shown.value = whole();
  cursor.value = 0;
  chosen.value = null;
  slice.value = "none";
}

const key = (name: string, shift = false) =>
  press({
    key: name, code: "", shiftKey: shift, ctrlKey: false, altKey: false, metaKey: false, target: null,
    defaultPrevented: false, preventDefault: () => {},
  } as unknown as KeyboardEvent);

test("the next of ascending places", () => {
  assert.deepEqual([0, 3, 4, 9].map((at) => nextOf([3, 5, 9], at, 1)), [3, 5, 5, none]);
  assert.deepEqual([0, 3, 4, 99].map((at) => nextOf([3, 5, 9], at, -1)), [none, none, 3, 9]);
  assert.equal(nextOf([], 1, 1), none);
});

test("where spans of a mark begin", () => {
  assert.deepEqual(placesOf(run, ["fault", "violation"]), [2, 6]);
  assert.deepEqual(placesOf(run, ["chosen"]), []);
  assert.deepEqual(placesOf(undefined, ["fault"]), []);
});

test("steps stay in the run, and in a process", () => {
  begin();
  step(-1);
  assert.equal(cursor.value, 0);
  step(Infinity);
  assert.equal(cursor.value, 8);
  step(-1);
  assert.equal(cursor.value, 7);
  // b1 begins (2), ends (3); a's next is a2.
  assert.equal(stepOfProcess(run, 2, 1), 3);
  assert.equal(stepOfProcess(run, 3, 1), 6);
  assert.equal(stepOfProcess(run, 6, -1), 3);
  assert.equal(stepOfProcess(run, 1, -1), 1);
  assert.equal(stepOfProcess(run, 8, 1), 8);
});

test("how many moments have happened at a time", () => {
  assert.deepEqual([-1, 0, 10, 39, 40, 500].map((at) => momentsUntil(run, at)), [0, 1, 2, 4, 6, 8]);
});

test("playing goes by the axis", () => {
  begin();
  speed.value = 0; // a millisecond of the run in a second, or a moment
  assert.deepEqual(advance(run, 10, 20e-6), { position: 30, cursor: 4 });
  axis.value = "sequence";
  assert.deepEqual(advance(run, 2.5, 1), { position: 3.5, cursor: 3 });
  assert.equal(advance(run, 7, 10).cursor, 8);
  axis.value = "time";
});

test("the cursor stays in view", () => {
  begin();
  shown.value = { from: 0, to: 20 };
  cursor.value = 4; // at 30
  reveal();
  assert.ok(shown.value.from <= 30 && shown.value.to >= 30);
  assert.equal(shown.value.to - shown.value.from, 20);
  const was = shown.value;
  cursor.value = 5;
  reveal();
  assert.ok(shown.value.to >= 40);
  cursor.value = 0;
  reveal();
  assert.equal(shown.value.from, 0);
  assert.notEqual(was, shown.value);
});

test("the keys", () => {
  begin();
  const frames = globalThis as unknown as Record<string, unknown>;
  frames.matchMedia = () => ({ matches: false });
  frames.requestAnimationFrame = () => 0;
  startTransport();
  addJump({ one: "third", key: "x", places: () => [3] });
  key("f");
  assert.equal(cursor.value, 2);
  assert.deepEqual(chosen.value, { run: 0, span: 1 });
  key("f");
  assert.equal(cursor.value, 6);
  key("f"); // there is none: nothing happens
  assert.equal(cursor.value, 6);
  key("F", true);
  assert.equal(cursor.value, 2);
  key("ArrowRight", true);
  assert.equal(cursor.value, 3);
  key("ArrowLeft");
  key("e");
  assert.equal(cursor.value, 4);
  slice.value = "causes"; // what is kept does not change as one goes through it
  key("X", true);
  assert.equal(cursor.value, 3);
  assert.deepEqual(chosen.value, { run: 0, span: 2 });
  key("End");
  togglePlay();
  assert.ok(playing.value);
  assert.equal(cursor.value, 0); // from the end it plays from the beginning
  key("ArrowRight");
  assert.ok(!playing.value);
  assert.throws(() => addJump({ one: "other", key: "f", places: () => [] }), /taken/);
});
