// The keys of the diagram, and its buttons in the toolbar.

import { addKeys } from "../app/keys.ts";
import { tools } from "../app/parts.tsx";
import { chosen, kept } from "../app/state.ts";
import { setSlice } from "../app/view.ts";
import { across, along } from "./focus.ts";
import { width } from "./picture.ts";
import { savePng, saveSvg } from "./save.ts";
import { fit, pan } from "./window.ts";

const fitChosen = () => {
  if (chosen.value) fit(kept.value);
};

/** Adds the keys and the buttons of the diagram. */
export function startDiagram(): void {
  const group = "Diagram";
  addKeys([
    { key: ",", does: "move back along the axis", group, run: () => pan(-0.2) },
    { key: ".", does: "move on along the axis", group, run: () => pan(0.2) },
    { key: "z", does: "show the chosen event, or all that is kept, as large as it goes", group, run: fitChosen },
    { key: "j", does: "choose the next event of the same process", group, run: () => along(1) },
    { key: "k", does: "choose the one before", group, run: () => along(-1) },
    { key: "Shift+J", does: "choose an event of the process below", group, run: () => across(1) },
    { key: "Shift+K", does: "choose an event of the process above", group, run: () => across(-1) },
    { key: "m", does: "follow the message, the rest dimmed", group, run: () => setSlice("message") },
    { key: "o", does: "follow the client's operation", group, run: () => setSlice("operation") },
    { key: "l", does: "follow the entry of the log", group, run: () => setSlice("entry") },
    { key: "s", does: "save the picture as SVG", group, run: () => saveSvg(width.value) },
    { key: "Shift+S", does: "save the picture as PNG", group, run: () => savePng(width.value) },
  ]);
  tools.save.push(
    { label: "SVG", key: "s", run: () => saveSvg(width.value) },
    { label: "PNG", key: "Shift+S", run: () => savePng(width.value) },
  );
  tools.view.push({ label: "Fit", key: "z", run: fitChosen });
}
