// What stands in the place of the diagram as long as the laboratory has no run.

import { outcome, progress } from "../lab/state.ts";
import { Bar } from "./laboratory-progress.tsx";

export function LaboratoryStage() {
  return (
    <section class="stage laboratory-stage" aria-label="Diagram">
      <div>
        {progress.value ? <Bar /> : <p>{outcome.value.says || "There is no run yet."}</p>}
      </div>
    </section>
  );
}
