// The parts of the page that stand in the shell: whoever makes one adds a line here.

import type { FunctionComponent } from "preact";
import { ConfigPanel } from "../panels/config.tsx";
import { DetailsPanel } from "../panels/details.tsx";
import { HistoryPanel } from "../panels/history.tsx";
import { DifferencesPanel, Verdict } from "../panels/differences.tsx";
import { LaboratoryPanel } from "../panels/laboratory.tsx";
import { PlotsPanel } from "../panels/plots.tsx";
import { StatePanel } from "../panels/state.tsx";
import { StoryPanel } from "../panels/story.tsx";
import { ViolationPanel, violationOf } from "../panels/violation.tsx";
import { laboratory } from "../lab/state.ts";
import { comparison } from "../model/comparison.ts";
import { runs, type Tab } from "./state.ts";

/** A panel beside the diagram, or below it where there is no room. */
export interface TabPart {
  tab: Tab;
  title: string;
  /** Says whether it has something to show. */
  there: () => boolean;
  Panel: FunctionComponent;
}

const someRun = () => runs.value.length > 0;
const someOperation = () => runs.value.some((r) => r.head.history.operations > 0);

/** The panels, in the order of their tabs. */
export const tabParts: TabPart[] = [
  { tab: "laboratory", title: "Laboratory", there: () => laboratory.value !== null, Panel: LaboratoryPanel },
  { tab: "differences", title: "Differences", there: () => comparison.value !== null, Panel: DifferencesPanel },
  { tab: "violation", title: "Violation", there: () => violationOf(runs.value) !== null, Panel: ViolationPanel },
  { tab: "state", title: "State", there: someRun, Panel: StatePanel },
  { tab: "details", title: "Details", there: someRun, Panel: DetailsPanel },
  { tab: "story", title: "Story", there: () => runs.value.some((r) => r.lines.count > 0), Panel: StoryPanel },
  { tab: "history", title: "History", there: someOperation, Panel: HistoryPanel },
  { tab: "plots", title: "Plots", there: someRun, Panel: PlotsPanel },
  { tab: "config", title: "Config", there: someRun, Panel: ConfigPanel },
];

/** What stands in the header below the names of the runs: a verdict, such as that they differ. */
export const verdicts: FunctionComponent[] = [Verdict];

/** A button of the toolbar that another part of the page has, such as one that saves the diagram. */
export interface Tool {
  label: string;
  /** As in keys.ts, if a key does the same: the part adds the key itself. */
  key?: string;
  run: () => void;
  /** Says whether it is on, for a button that switches something. */
  pressed?: () => boolean;
}

/** The toolbar's buttons of other parts, under Save and under View. */
export const tools: { save: Tool[]; view: Tool[] } = { save: [], view: [] };
