// A page that shows a sweep, and no run: what the runs of many seeds came to.

import { distributionOf } from "../model/plots.ts";
import { pairs, type Figures, type Sweep } from "../model/sweep.ts";
import { counted } from "../app/words.ts";
import { Bars, Histogram } from "./plots-chart.tsx";
import { numberText, timeText } from "./plots-frame.tsx";
import "./plots.css";

const microseconds = (n: number) => timeText(n * 1000);

/** The distributions of a sweep. */
const distributions: { of: keyof Figures; title: string; says: string; what: string; time: boolean }[] = [
  {
    of: "latency_us",
    title: "Clients’ latency",
    says: "Of each answered operation: from its first asking to its answer, retries included.",
    what: "operations",
    time: true,
  },
  {
    of: "first_leader_us",
    title: "Time to the first leader",
    says: "Of each run that had one: from its beginning.",
    what: "runs",
    time: true,
  },
  { of: "elections", title: "Elections", says: "How many each run had.", what: "runs", time: false },
  {
    of: "retries",
    title: "Retries",
    says: "How often the clients of each run asked again.",
    what: "runs",
    time: false,
  },
  {
    of: "messages_per_commit",
    title: "Messages a commit",
    says: "How many messages each run sent for each entry that was chosen.",
    what: "runs",
    time: false,
  },
  { of: "faults", title: "Faults", says: "How many were injected into each run.", what: "runs", time: false },
];

export function SweepPage({ sweep }: { sweep: Sweep }) {
  const f = sweep.figures;
  return (
    <main class="sweep">
      <h1>Sweep: {sweep.run}</h1>
      <p>
        Seeds {sweep.seeds.first.toLocaleString("en")} to {sweep.seeds.last.toLocaleString("en")}
        {sweep.shard.of > 1 && `, part ${sweep.shard.index} of ${sweep.shard.of}`}: {counted(sweep.done, "run")}
        {sweep.stopped && ", stopped before all were done"}. Build {sweep.build}.
      </p>
      <p>
        {counted(f.operations, "operation")} answered, {f.commits.toLocaleString("en")} entries chosen,{" "}
        {counted(f.messages, "message")} sent, {numberText(f.lost)} lost, {numberText(f.duplicated)} duplicated.
        {f.unfinished > 0 && ` ${counted(f.unfinished, "run")} ended at max_duration.`}
      </p>
      <Wrong sweep={sweep} />
      <div class="plots sweep-plots">
        {distributions.map((d) => {
          const counts = pairs(f[d.of] as Record<string, number>);
          return (
            counts.length > 0 && (
              <Histogram
                key={d.of}
                title={d.title}
                says={d.says}
                what={d.what}
                multiples={d.time}
                text={d.time ? microseconds : numberText}
                of={distributionOf(counts, 24, d.time)}
              />
            )
          );
        })}
        <Bars
          title="What happens sometimes"
          what="runs"
          text={numberText}
          says={`In how many of ${counted(sweep.done, "run")} each of these happened.`}
          bars={Object.entries(f.sometimes)
            .map(([name, value]) => ({ name, value }))
            .sort((a, b) => b.value - a.value)}
        />
      </div>
    </main>
  );
}

/** What went wrong in some of the runs. */
function Wrong({ sweep }: { sweep: Sweep }) {
  const wrong = sweep.violations ?? [];
  const invariants = [...new Set(wrong.map((v) => v.invariant))];
  return (
    <>
      {wrong.length > 0 && (
        <div class="sweep-wrong">
          <b>{counted(wrong.length, "run")} violated an invariant.</b>
          <ul>
            {invariants.map((name) => (
              <li key={name}>
                {name}: {counted(wrong.filter((v) => v.invariant === name).length, "run")}, first with seed{" "}
                {wrong.find((v) => v.invariant === name)!.seed}
              </li>
            ))}
          </ul>
        </div>
      )}
      {(sweep.panics?.length ?? 0) > 0 && (
        <p class="sweep-wrong">
          <b>The program panicked in {counted(sweep.panics!.length, "run")}</b>, first with seed{" "}
          {sweep.panics![0]!.seed}.
        </p>
      )}
    </>
  );
}
