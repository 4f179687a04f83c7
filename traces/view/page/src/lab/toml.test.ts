import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, goDuration, placeIn, withFault, withoutFault } from "./toml.ts";

const text = `title = "x"
what = """
[[fault]]
crash = "nobody"
"""

[[fault]]
at = "client-1 sends 2" # then
crash = "node-1"

# [[fault]]
[[ fault ]]
partition = [
  ["node-1"],
  ["node-2"]
]

[[expect]]
leader = "node-2"
`;

test("the faults of a text are found, and not what texts and comments quote", () => {
  const says = ['at = "client-1 sends 2", crash = "node-1"', 'partition = [["node-1"], ["node-2"]]'];
  assert.deepEqual(faultsOf(text).map((b) => b.says), says);
  assert.deepEqual(faultsOf(""), []);
});

test("a fault is taken out, with all else as it is", () => {
  const [crash] = faultsOf(text);
  const rest = withoutFault(text, crash!);
  assert.equal(faultsOf(rest).length, 1);
  assert.equal(rest, text.replace('\n[[fault]]\nat = "client-1 sends 2" # then\ncrash = "node-1"\n', ""));
});

test("a fault is added at the end, and taken out again", () => {
  const more = withFault(text, "crash", "node-3", 60_123_456);
  assert.equal(more, `${text}\n[[fault]]\nat = "60.123456ms"\ncrash = "node-3"\n`);
  assert.equal(withoutFault(more, faultsOf(more).at(-1)!), text);
  assert.equal(withFault("seed = 1", "heal", "node-1", 0), 'seed = 1\n\n[[fault]]\nat = "0ms"\nheal = "node-1"\n');
  assert.equal(faultsOf(withFault("", "pause", "node-1", 5e6))[0]?.says, 'at = "5ms", pause = "node-1"');
});

test("a time is as Go reads it", () => {
  assert.deepEqual([0, 1, 5e6, 1_234_567_890].map(goDuration), ["0ms", "0.000001ms", "5ms", "1234.56789ms"]);
});

test("lines and columns are places in a text, in characters", () => {
  const lines = 'a = 1\nb = "😀x"\n';
  assert.equal(placeIn(lines, 1, 1), 0);
  assert.equal(lines.slice(placeIn(lines, 2, 7)), 'x"\n');
  assert.equal(placeIn(lines, 9, 9), lines.length);
});
