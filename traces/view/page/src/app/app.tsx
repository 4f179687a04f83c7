// The whole page: what runs it shows, the diagram, and the panels below it.

import { Diagram } from "../diagram/diagram.tsx";
import { counted } from "./words.ts";
import { runs } from "./state.ts";

export function App() {
  return (
    <>
      <header>
        <h1>{runs.value.map((r) => r.head.name).join(" and ")}</h1>
        {runs.value.map((r) => (
          <p key={r.head.name}>
            {r.head.protocol}, {counted(r.spans, "span")}, {counted(r.arrows.count, "message")}
          </p>
        ))}
      </header>
      <main>
        <Diagram />
      </main>
    </>
  );
}
