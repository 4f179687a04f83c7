import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, plantedRun, type Planted } from "./planted.ts";
import { bucketsOf, commitLatency, distributionOf, growth, lag, thinned, upTo } from "./plots.ts";

const spans = Array.from({ length: 10 }, (_, k) => ({ process: k % 2, start: 100 * k, end: 100 * k }));
const log = fieldOf(
  "log",
  "table",
  [
    ["term", "number"],
    ["command", "text"],
  ],
  { chosen: "commit", colour: "term" },
);
const fields = [fieldOf("commit", "scalar", [["", "number"]]), log];

/** Entry 1 is written anew in term 2 before it is chosen; entry 2 is chosen with it. Moments 2k+1 are at 100k. */
const planted: Planted[] = [
  [1, 0, 1, "1", ["1", "put a"]],
  [3, 1, 1, "1", ["2", "put a"]],
  [5, 0, 1, "1", ["2", "put a"]],
  [5, 0, 1, "2", ["2", "put b"]],
  [9, 0, 0, "", ["2"]],
  [11, 1, 0, "", ["1"]],
  [13, 1, 1, "1", null],
  [15, 1, 0, "", ["2"]],
];
const run = () => plantedRun(["node-1", "node-2"], spans, fields, planted);

test("an entry takes from its first writing until it is known to be chosen", () => {
  assert.deepEqual(
    commitLatency(run()).map((s) => [s.at, s.value, s.span]),
    [
      [400, 300, 4],
      [400, 200, 4],
    ],
  );
});

test("what is in a table of what is chosen is chosen when it comes to be there", () => {
  const of = [
    fieldOf(
      "accepted",
      "table",
      [
        ["ballot", "text"],
        ["command", "text"],
      ],
      { colour: "ballot" },
    ),
    fieldOf("chosen", "table", [["command", "text"]], { applied: "applied" }),
  ];
  const r = plantedRun(["a", "b"], spans, of, [
    [1, 0, 0, "5", ["1.1", "put x"]],
    [3, 0, 0, "5", ["2.1", "put y"]],
    [7, 1, 1, "5", ["put y"]],
    [9, 0, 1, "5", ["put y"]],
  ]);
  assert.deepEqual(
    commitLatency(r).map((s) => [s.at, s.value]),
    [[300, 200]],
  );
});

test("rows, and how far behind", () => {
  const r = run();
  const brief = (all: ReturnType<typeof growth>) =>
    all.map((g) => g.series.map((s) => [s.name, ...s.points.map((p) => `${p.at}:${p.value}`)].join(" ")));
  assert.deepEqual(brief(growth(r)), [["node-1 0:1 200:2", "node-2 100:1 600:0"]]);
  assert.deepEqual(brief(lag(r)), [["node-1 400:0", "node-2 400:2 500:1 700:0"]]);
});

test("a distribution counts everything once, and its parts follow one another", () => {
  for (const [values, parts, multiples] of [
    [[1, 2, 3, 4, 5, 100], 10, false],
    [[1, 10, 100, 1000], 6, true],
    [[7], 5, true],
    [[0, 5], 4, true],
    [[0.5, 2.25], 3, false],
    [[], 3, false],
    [Array.from({ length: 48 }, (_, k) => k), 16, false],
  ] as [number[], number, boolean][]) {
    const d = distributionOf(
      values.map((v) => [v, 2]),
      parts,
      multiples,
    );
    assert.equal(d.count, 2 * values.length);
    assert.equal(
      d.bins.reduce((sum, b) => sum + b.count, 0),
      d.count,
      `${values}`,
    );
    assert.ok(d.bins.length <= parts);
    d.bins.forEach((b, k) => k > 0 && assert.equal(b.from, d.bins[k - 1]!.to));
  }
  const d = distributionOf(
    [
      [10, 98],
      [20, 1],
      [5000, 1],
    ],
    16,
    false,
  );
  assert.deepEqual([d.half, d.ninety, d.ninetyNine, d.most], [10, 10, 20, 5000]);
});

test("buckets keep the least, the middle and the greatest", () => {
  const samples = [5, 1, 9, 3].map((value, k) => ({ at: k, value, span: 0 }));
  assert.deepEqual(bucketsOf(samples, 0, 100, 2), [{ from: 0, to: 50, count: 4, least: 1, half: 3, greatest: 9 }]);
  assert.equal(bucketsOf(samples, 0, 4, 4).length, 4);
  assert.equal(bucketsOf(samples, 0, 3, 3)[2]!.count, 2); // the end belongs to the last
});

test("a thinned line keeps what stands out", () => {
  const points = Array.from({ length: 1000 }, (_, k) => ({ at: k, value: k === 555 ? 99 : k === 556 ? -99 : k % 3 }));
  const kept = thinned(points, (at) => Math.floor(at / 100));
  assert.ok(kept.length <= 40);
  assert.ok(kept.some((p) => p.value === 99) && kept.some((p) => p.value === -99));
  assert.deepEqual([kept[0], kept.at(-1)], [points[0], points[999]]);
  kept.forEach((p, k) => k > 0 && assert.ok(p.at > kept[k - 1]!.at));
});

test("upTo", () => {
  assert.deepEqual(
    [50, 90, 99, 100].map((p) => upTo([1, 2, 3, 4], p)),
    [2, 4, 4, 4],
  );
  assert.equal(upTo([], 50), 0);
});
