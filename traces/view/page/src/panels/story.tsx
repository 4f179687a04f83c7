// The story of the run, line by line.

import { runs } from "../app/state.ts";

export function StoryPanel() {
  const run = runs.value[0];
  return <p>{run?.head.lines[0]}</p>;
}
