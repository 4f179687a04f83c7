import assert from "node:assert/strict";
import { test } from "node:test";
import { Track } from "./tracks.ts";

/** A hundred items: item 2·k begins at 10·k, and lasts for 4; every tenth lasts for 200. */
function example() {
  const low = (item: number) => item * 5;
  const high = (item: number) => item * 5 + (item % 20 === 0 ? 200 : 4);
  const items = Int32Array.from({ length: 100 }, (_, k) => 2 * k);
  return { items, low, high, track: new Track(items, low, high) };
}

function met(track: Track, from: number, to: number, grain: number, bars = false) {
  const all: { item: number; count: number; low: number; high: number }[] = [];
  track.walk(from, to, grain, (item, count, low, high) => all.push({ item, count, low, high }), bars);
  return all;
}

test("a walk meets each item that lies in the part, also one that began long before", () => {
  const { items, low, high, track } = example();
  for (const [from, to] of [[0, 1000], [333, 338], [204, 204], [-5, -1], [995, 2000]] as const) {
    const want = [...items].filter((i) => high(i) >= from && low(i) <= to);
    assert.deepEqual(met(track, from, to, 0).map((m) => m.item), want, `from ${from} to ${to}`);
  }
});

test("items that are closer than the grain are met as one, and none is left out", () => {
  const { low, high, track } = example();
  const all = met(track, -10, 2000, 250);
  assert.ok(all.length < 40, `${all.length} are met`);
  assert.equal(all.reduce((n, m) => n + m.count, 0), 100);
  for (const m of all) {
    assert.equal(m.low, low(m.item));
    assert.ok(m.count === 1 ? m.high === high(m.item) : m.high - m.low <= 250);
  }
});

test("bars that touch are one, however many they are", () => {
  const touching = new Track(Int32Array.from({ length: 64 }, (_, k) => k), (k) => k * 10, (k) => k * 10 + 9);
  assert.deepEqual(met(touching, 0, 1000, 1, true), [{ item: 0, count: 64, low: 0, high: 639 }]);
  assert.equal(met(touching, 0, 1000, 1).length, 64);
  const apart = new Track(
    Int32Array.from({ length: 64 }, (_, k) => k), (k) => k * 10 + (k > 20 ? 5 : 0), (k) => k * 10 + 9,
  );
  const parts = met(apart, 0, 1000, 1, true);
  assert.equal(parts.reduce((n, m) => n + m.count, 0), 64);
  assert.ok(parts.every((m) => m.low > 209 || m.high <= 209), "the gap behind item 20 is seen");
});

test("items need not be in the order of their beginnings", () => {
  const at = [50, 10, 90, 30, 70, 20, 60, 40, 80, 0];
  const track = new Track(Int32Array.from(at.keys()), (i) => at[i]!, (i) => at[i]! + 1);
  assert.deepEqual(met(track, 29, 52, 0).map((m) => at[m.item]), [50, 30, 40]);
});

test("a count is about right, and an empty track has nothing", () => {
  const { track } = example();
  assert.equal(track.count(-10, 5000), 100);
  assert.ok(Math.abs(track.count(0, 500) - 51) <= 8);
  const none = new Track(new Int32Array(), () => 0, () => 0);
  assert.equal(none.count(0, 1), 0);
});
