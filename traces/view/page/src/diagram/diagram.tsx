// The space-time diagram: a lane for each process, messages as arrows.

import { useEffect, useRef } from "preact/hooks";
import { runs } from "../app/state.ts";

export function Diagram() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const c = canvas.current!;
    const g = c.getContext("2d")!;
    const run = runs.value[0]!;
    const lanes = run.head.processes.length;
    c.width = c.clientWidth;
    c.height = 30 * lanes;
    const x = (ns: number) => (ns / run.last) * c.width;
    for (let k = 0; k < run.arrows.count; k++) {
      const f = run.arrows.from[k]!, t = run.arrows.to[k]!;
      if (t < 0) continue;
      g.beginPath();
      g.moveTo(x(run.timeOf(run.place[f]!)), 30 * run.process[f >> 1]! + 15);
      g.lineTo(x(run.timeOf(run.place[t]!)), 30 * run.process[t >> 1]! + 15);
      g.stroke();
    }
  });
  return <canvas ref={canvas} class="diagram" />;
}
