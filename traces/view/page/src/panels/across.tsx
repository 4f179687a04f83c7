// Two protocols on one workload: what each operation was answered, and what it took.

import { chosen } from "../app/state.ts";
import { milliseconds } from "../app/words.ts";
import type { Comparison } from "../model/comparison.ts";
import type { Across, AcrossRun, Done } from "../model/difference.ts";
import { none } from "../model/run.ts";
import { goTo, twinOfChosen } from "./differences-go.ts";
import { AB } from "./differences-lists.tsx";
import { workload } from "./differences-words.ts";

type Of = { c: Comparison; across: Across };

export function AcrossPanel({ c, across }: Of) {
  return (
    <div class="differences">
      <div>
        <h2>Two protocols</h2>
        <p>{workload(across)}.</p>
        {[across.a, across.b].map((r, i) => (
          <p key={i} class="dim">{i === 0 ? "A" : "B"}: {r.name}, {r.protocol}: {r.processes.join(", ")}</p>
        ))}
      </div>
      <Operations c={c} across={across} />
      <Took across={across} />
      {[across.a, across.b].map((r, i) => <Exchanges key={i} run={r} name={i === 0 ? "A" : "B"} />)}
    </div>
  );
}

const figures: { word: string; of: (d: Done) => string }[] = [
  { word: "answer", of: (d) => d.result },
  { word: "latency", of: (d) => milliseconds(d.latency_ns) },
  { word: "tries", of: (d) => String(d.tries) },
  { word: "messages", of: (d) => d.messages.toLocaleString("en") },
  { word: "bytes", of: (d) => (d.bytes > 0 ? d.bytes.toLocaleString("en") : "not known") },
  { word: "delays", of: (d) => (d.delays >= 0 ? String(d.delays) : "not known") },
];

/** The operations side by side: each button chooses the operation in its run, and its twin with it. */
function Operations({ c, across }: Of) {
  const is = chosen.value, twin = twinOfChosen.value;
  const chosenHere = (run: number, span: number) =>
    [is, twin].some((x) => x !== null && x.run === run && x.span === span);
  return (
    <section>
      <h3>Operations, side by side</h3>
      <p class="dim">
        messages: all that the operation caused, from the client's asking on. delays: how many messages had to arrive,
        one after the other, until the client had its answer.
      </p>
      <div class="wide" tabIndex={0} role="group" aria-label="Operations, a wide table">
        <table class="changes operations">
          <thead>
            <tr><th scope="col">operation</th><th scope="col">run</th>
              {figures.map((f) => <th key={f.word} scope="col">{f.word}</th>)}</tr>
          </thead>
          <tbody>
            {across.operations.map((o, i) => [o.a, o.b].map((d, run) => {
              const span = c.operations[i]![run]!;
              const on = span !== none && chosenHere(run, span);
              return (
                <tr key={`${o.request} ${run}`} class={on ? "on" : ""}>
                  <th scope="row">
                    {run === 0 ? <>{o.request}<br />{o.a?.command ?? o.b?.command}</>
                      : <span class="unseen">{o.request}</span>}
                  </th>
                  <td>
                    {d
                      ? <Choose request={o.request} run={run} span={span} on={on} />
                      : "not there"}
                  </td>
                  {figures.map((f) => <td key={f.word} class="value">{d ? f.of(d) : ""}</td>)}
                </tr>
              );
            }))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface ChooseOf {
  request: string;
  run: number;
  span: number;
  on: boolean;
}

/** A button that chooses an operation in a run. */
function Choose({ request, run, span, on }: ChooseOf) {
  const name = run === 0 ? "A" : "B";
  return (
    <button
      type="button" class="small" aria-pressed={on} aria-label={`${request} in ${name}`}
      onClick={() => goTo({ run, span })}
    >
      {name}
    </button>
  );
}

/** What the runs took in all. */
function Took({ across: { a, b } }: { across: Across }) {
  const rows: [string, (r: AcrossRun) => string][] = [
    ["messages for the operations", (r) => r.of_clients.toLocaleString("en")],
    ["for each of them, on average", (r) => (r.operations ? (r.of_clients / r.operations).toFixed(1) : "none")],
    ["messages for the rest", (r) => (r.messages - r.of_clients).toLocaleString("en")],
    ["messages in all", (r) => r.messages.toLocaleString("en")],
    ["bytes for the operations", (r) => bytes(r, r.bytes_of_clients)],
    ["bytes in all", (r) => bytes(r, r.bytes)],
  ];
  return (
    <section>
      <h3>What the runs took</h3>
      <table class="changes" aria-label="What the runs took">
        <AB />
        <tbody>
          {rows.map(([what, of]) => <tr key={what}><th scope="row">{what}</th><td>{of(a)}</td><td>{of(b)}</td></tr>)}
        </tbody>
      </table>
    </section>
  );
}

const bytes = (r: AcrossRun, n: number) => (r.bytes === 0 && r.messages > 0 ? "not known" : n.toLocaleString("en"));

function Exchanges({ run, name }: { run: AcrossRun; name: string }) {
  return (
    <section>
      <h3>Messages of {name}, {run.protocol}</h3>
      <table class="changes" aria-label={`Messages of ${name}`}>
        <thead>
          <tr><th scope="col">method</th><th scope="col">requests</th><th scope="col">bytes</th>
            <th scope="col">replies</th><th scope="col">bytes</th></tr>
        </thead>
        <tbody>
          {run.exchanges.map((e) => (
            <tr key={e.method}>
              <th scope="row">{e.method}</th>
              <td>{e.requests.toLocaleString("en")}</td><td>{bytes(run, e.request_bytes)}</td>
              <td>{e.replies.toLocaleString("en")}</td><td>{bytes(run, e.reply_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
