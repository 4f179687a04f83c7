import assert from "node:assert/strict";
import { test } from "node:test";
import { timeText } from "./draw/axis.ts";
import { flagRows, flagWords } from "./draw/spans.ts";
import { firstFrom } from "./focus.ts";
import { distance } from "./hit.ts";
import { ordered } from "./draw/layout.ts";
import { lettersOf } from "./draw/roles.ts";
import { fileName } from "./save.ts";
import { sound } from "./draw/svgpen.ts";
import { within } from "./window.ts";

test("a window stays within the whole axis, and is never narrower than the least", () => {
  const all = { from: 0, to: 1000 };
  assert.deepEqual(within(100, 200, all, 10), { from: 100, to: 300 });
  assert.deepEqual(within(-50, 200, all, 10), { from: 0, to: 200 });
  assert.deepEqual(within(900, 200, all, 10), { from: 800, to: 1000 });
  assert.deepEqual(within(-50, 5000, all, 10), { from: 0, to: 1000 });
  assert.deepEqual(within(500, 1, all, 10), { from: 500, to: 510 });
  assert.deepEqual(within(0, 1, { from: 0, to: 3 }, 10), { from: 0, to: 3 });
});

test("lanes: the world, the servers by group, the clients, each by number", () => {
  const names = ["client-10", "acceptor-2", "leader-1", "client-2", "acceptor-1", "world"];
  const processes = names.map((name) => ({
    name, group: name.replace(/-.*/, ""), kind: name.startsWith("client") ? "client" as const
      : name === "world" ? "world" as const : "server" as const,
  }));
  assert.deepEqual(ordered(processes).map((i) => names[i]),
    ["world", "acceptor-1", "acceptor-2", "leader-1", "client-2", "client-10"]);
});

test("a role has the fewest letters that tell it from the others", () => {
  assert.deepEqual([...lettersOf(["leader", "follower", "candidate"]).values()], ["L", "F", "C"]);
  assert.deepEqual([...lettersOf(["preparing", "preempted"]).values()], ["Prep", "Pree"]);
  assert.deepEqual([...lettersOf(["a", "ab"]).values()], ["A", "Ab"]);
});

test("times have as many digits as it takes to tell the marks of the axis apart", () => {
  assert.equal(timeText(20e6, 10e6), "20 ms");
  assert.equal(timeText(20.5e6, 0.5e6), "20.5 ms");
  assert.equal(timeText(1500e6, 500e6), "1.5 s");
  assert.equal(timeText(70_000_200, 200), "70.0002 ms");
  assert.equal(timeText(400, 200), "0.4 µs");
});

test("flags whose words would overlap stand in two rows", () => {
  assert.deepEqual(flagRows([0, 10, 200], [100, 100, 50]), [0, 1, 0]);
  assert.deepEqual(flagRows([0, 10, 20], [100, 200, 50]), [0, 1, 0]);
  assert.equal(flagWords("raftkv.fault crash node-1"), "crash node-1");
  assert.equal(flagWords("raftkv.violation"), "violation");
});

test("the distance of a point from a message", () => {
  assert.equal(distance(5, 3, 0, 0, 10, 0), 3);
  assert.equal(distance(13, 4, 0, 0, 10, 0), 5);
  assert.equal(distance(3, 4, 0, 0, 0, 0), 5);
});

test("a file has the names of the runs, without what no file may be called", () => {
  assert.equal(fileName(["default-1", "a/b <c>"], "svg"), "default-1-and-a_b_c_.svg");
  assert.equal(fileName(["../x"], "png"), ".._x.png");
  assert.equal(fileName([""], "png"), "run.png");
});

test("the first of ascending numbers that is at least another", () => {
  assert.deepEqual([0, 3, 4, 9, 10].map((n) => firstFrom([3, 5, 9], n)), [0, 0, 1, 2, 3]);
});

test("an SVG has no character that XML forbids", () => {
  assert.equal(sound("a\u0000b\u001f\ufffe \ud800 <é>\t😀"), "a\ufffdb\ufffd\ufffd \ufffd <é>\t😀");
});
