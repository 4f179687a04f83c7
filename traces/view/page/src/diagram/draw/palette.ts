// The colours that the diagram is drawn in, as the page has them now.

export interface Palette {
  background: string;
  raised: string;
  text: string;
  dim: string;
  line: string;
  accent: string;
  bad: string;
  good: string;
  marked: string;
  hues: string[];
}

const names = ["background", "raised", "text", "dim", "line", "accent", "bad", "good", "marked"] as const;

/** Reads the colours of app/colours.css; those of the light page, for paper, if it is asked to. */
export function readPalette(paper = false): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  if (paper) probe.style.colorScheme = "light";
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = { hues: [0, 1, 2, 3, 4, 5, 6].map((k) => read(`hue-${k}`)) } as Palette;
  for (const name of names) palette[name] = read(name);
  probe.remove();
  return palette;
}
