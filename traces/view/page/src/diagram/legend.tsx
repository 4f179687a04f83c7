// Says what everything in the diagram means.

import { useEffect, useRef } from "preact/hooks";
import { runs, theme } from "../app/state.ts";
import { changed, comparison, moved, onlyA, onlyB } from "../model/comparison.ts";
import { delayed, duplicate, late, lost, untold, type Run } from "../model/run.ts";
import { addDifference, differenceColour } from "./draw/differences.ts";
import { drawHatch } from "./draw/lanes.ts";
import {
  addDiamond, addFlag, addHead, addLine, addStar, addTriangle, arrowStroke, drawMark, lightenings,
} from "./draw/looks.ts";
import { useDark } from "./minimap.tsx";
import { readPalette, type Palette } from "./draw/palette.ts";
import type { Pen } from "./draw/pen.ts";
import { livesOf, type Standing } from "./draw/roles.ts";
import { SvgPen } from "./draw/svgpen.ts";

interface Entry {
  words: string;
  draw: (pen: Pen, palette: Palette) => void;
}

const wide = 44, high = 20, middle = high / 2;

const message = (words: string, fate: number): Entry => ({
  words,
  draw: (pen, palette) => {
    const a = { x: 3, y: 3 }, whole = { x: 40, y: 17 };
    const part = fate & lost ? 0.55 : fate & untold ? 0.7 : 1;
    const b = { x: a.x + (whole.x - a.x) * part, y: a.y + (whole.y - a.y) * part };
    const stroke = arrowStroke(palette, fate, 0.8);
    addLine(pen, fate, a, b);
    pen.stroke(stroke);
    if (part === 1) addHead(pen, a, b, 6);
    pen.fill(stroke.colour);
    drawMark(pen, palette, fate, a, b);
  },
});

function role(words: string, standing: Standing): Entry {
  return {
    words,
    draw: (pen, palette) => {
      const hue = palette.hues[standing === "leads" ? 2 : standing === "stands" ? 1 : 0]!;
      pen.box(1, 1, wide - 2, high - 2);
      pen.fill(hue, lightenings[standing].lane);
      pen.box(1, 1, wide - 2, 11);
      pen.fill(hue, lightenings[standing].ribbon);
      if (standing === "leads") pen.box(1, 9.5, wide - 2, 2.5);
      pen.fill(hue);
      if (standing === "stands") drawHatch(pen, 1, 1, wide - 2, 11, 6);
      pen.stroke({ colour: hue, width: 1.2, alpha: 0.8 });
    },
  };
}

/** The names of the roles that look alike. */
function rolesOf(all: readonly Run[], standing: Standing): string {
  const names = new Set<string>();
  for (const run of all) {
    for (const [name, s] of livesOf(run).standing) if (s === standing && name !== "") names.add(name);
  }
  return [...names].join(", ");
}

const bar = (words: string, y: number, h: number, colour: (p: Palette) => string, alpha = 1): Entry => ({
  words,
  draw: (pen, palette) => {
    pen.box(4, y, wide - 8, h);
    pen.fill(colour(palette), alpha);
  },
});

const shape = (words: string, add: (pen: Pen) => void, colour: (p: Palette) => string): Entry => ({
  words,
  draw: (pen, palette) => {
    add(pen);
    pen.fill(colour(palette));
  },
});

const differing = (words: string, how: number): Entry => ({
  words,
  draw: (pen, palette) => {
    addDifference(pen, how, wide / 2, middle);
    pen.stroke({ colour: differenceColour(palette, how), width: 1.6 });
  },
});

const differences = [
  differing("only in A", onlyA), differing("only in B", onlyB), differing("changed", changed),
  differing("moved", moved),
];

function entriesOf(all: readonly Run[]): Entry[] {
  const roles = (["leads", "stands", "other"] as const).flatMap((s) => {
    const names = rolesOf(all, s);
    return names === "" ? [] : [role(names, s)];
  });
  const hatched: Entry = {
    words: "down or paused",
    draw: (pen, palette) => {
      drawHatch(pen, 1, 1, wide - 2, high - 2, 8);
      pen.stroke({ colour: palette.dim, width: 1, alpha: 0.7 });
    },
  };
  return [
    ...roles, hatched,
    message("message", 0), message("lost", lost), message("delayed", delayed), message("sent twice", duplicate),
    message("came when its call was over", late), message("arrival not told: nobody waited, or the run ended", untold),
    bar("step of a process", 6, 9, (p) => p.text, 0.72),
    bar("waits for others", 9, 2, (p) => p.hues[5]!),
    {
      words: "operation of a client",
      draw: (pen, palette) => {
        pen.box(4, 4, wide - 8, 13);
        pen.fill(palette.hues[0]!, 0.28);
        pen.box(4, 4, wide - 8, 13);
        pen.stroke({ colour: palette.hues[0]!, width: 1 });
      },
    },
    {
      words: "election",
      draw: (pen, palette) => {
        pen.box(4, 3, wide - 8, 14);
        pen.fill(palette.hues[1]!, 0.35);
        pen.box(4, 3, wide - 8, 14);
        pen.stroke({ colour: palette.hues[1]!, width: 1.3 });
      },
    },
    shape("leads from here on", (pen) => addStar(pen, wide / 2, middle, 8.5), (p) => p.hues[2]!),
    shape("commits", (pen) => addDiamond(pen, wide / 2, middle, 5.5), (p) => p.hues[3]!),
    shape("applies", (pen) => pen.disc(wide / 2, middle, 2.6), (p) => p.hues[3]!),
    shape("starts", (pen) => addTriangle(pen, wide / 2, middle, 5), (p) => p.text),
    shape("fault, or violation", (pen) => {
      pen.box(wide / 2 - 4, 2, 1, 16);
      addFlag(pen, wide / 2 - 4, 2);
    }, (p) => p.bad),
    ...(comparison.value?.head.kind === "diff" ? differences : []),
  ];
}

function Sample({ entry }: { entry: Entry }) {
  const at = useRef<HTMLSpanElement>(null);
  const dark = useDark();
  useEffect(() => {
    const pen = new SvgPen(wide, high, entry.words);
    entry.draw(pen, readPalette());
    pen.root.setAttribute("aria-hidden", "true");
    at.current!.replaceChildren(pen.root);
  }, [entry, theme.value, dark]);
  return <span class="sample" ref={at} />;
}

export function Legend() {
  return (
    <details class="diagram-legend">
      <summary>What the shapes mean</summary>
      <ul>
        {entriesOf(runs.value).map((e) => (
          <li key={e.words}><Sample entry={e} />{e.words}</li>
        ))}
      </ul>
    </details>
  );
}
