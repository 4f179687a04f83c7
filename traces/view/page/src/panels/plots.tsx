// The panel of plots: how long things took, what was sent, and how logs grow.

import { computed } from "@preact/signals";
import { choose, runs } from "../app/state.ts";
import { reveal } from "../app/transport.ts";
import {
  clientLatency,
  commitLatency,
  distributionOf,
  growth,
  lag,
  traffic,
  type Sample,
  type Traffic,
} from "../model/plots.ts";
import { statesOf } from "../model/states.ts";
import { Bars, Histogram, OverTime, Steps } from "./plots-chart.tsx";
import { numberText, timeText } from "./plots-frame.tsx";
import { WhichRun, which } from "./which.tsx";
import "./plots.css";

/** The numbers of the run that is shown. */
const numbers = computed(() => {
  const run = runs.value[which.value];
  return (
    run && {
      run,
      commits: commitLatency(run),
      clients: clientLatency(run),
      traffic: traffic(run),
      growth: growth(run),
      lag: lag(run),
    }
  );
});

/** Chooses a span, and shows where it is. */
function look(span: number): void {
  choose({ run: which.value, span });
  reveal();
}

interface LatencyProps {
  title: string;
  says: string;
  samples: Sample[];
  last: number;
  what: string;
}

/** How long something took, over time and as a distribution. */
function Latency({ title, says, samples, last, what }: LatencyProps) {
  if (samples.length === 0) return null;
  const values = samples.map((s): [number, number] => [s.value, 1]);
  return (
    <>
      <OverTime title={`${title} over time`} samples={samples} last={last} choose={look} says={says} />
      <Histogram
        title={title}
        of={distributionOf(values, 24, true)}
        text={timeText}
        multiples
        what={what}
        says={`How many ${what} took how long.`}
      />
    </>
  );
}

/** What was sent, by type. */
function Sent({ all }: { all: Traffic[] }) {
  const bytes = all.filter((t) => t.bytes > 0).map((t) => ({ name: t.type, value: t.bytes }));
  return (
    <>
      {all.length > 0 && (
        <Bars
          title="Messages by type"
          bars={all.map((t) => ({ name: t.type, value: t.messages, part: t.lost }))}
          text={numberText}
          what="messages"
          partOf="lost"
          says="How many were sent, each copy of one, and how many of them were lost."
        />
      )}
      {bytes.length > 0 && (
        <Bars
          title="Bytes by type"
          bars={bytes.sort((a, b) => b.value - a.value)}
          text={numberText}
          what="bytes"
          says="How large they were together, each copy counted, in the binary encoding."
        />
      )}
    </>
  );
}

export function PlotsPanel() {
  const n = numbers.value;
  if (!n) return <p class="dim">There is no run.</p>;
  const { run } = n;
  const position = run.head.position.word;
  const word = (field: number) => statesOf(run).fields[field]!.word;
  return (
    <div class="plots">
      <WhichRun />
      <Latency
        title="Commit latency"
        samples={n.commits}
        last={run.last}
        what="entries"
        says={`Of each ${position}: from when a process wrote it first until one knew that it is chosen.`}
      />
      <Latency
        title="Clients’ latency"
        samples={n.clients}
        last={run.last}
        what="operations"
        says="Of each answered operation: from its first asking to its answer, retries included."
      />
      <Sent all={n.traffic} />
      {n.growth.map((g) => (
        <Steps
          key={g.field}
          title={`Growth: ${word(g.field)}`}
          series={g.series}
          last={run.last}
          unit="rows"
          says={`How many rows “${word(g.field)}” has at each process. Less is what was overwritten or lost.`}
        />
      ))}
      {n.lag.map((g) => (
        <Steps
          key={g.field}
          title={`Lag: ${word(g.field)}`}
          series={g.series}
          last={run.last}
          unit={position}
          says={`How far the ${word(g.field)} of each process is behind the highest of all.`}
        />
      ))}
    </div>
  );
}
