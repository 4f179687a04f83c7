// What the runs were made of: their config, seed and build.

import { runs } from "../app/state.ts";

export function ConfigPanel() {
  return <>{runs.value.map((r, i) => <pre key={i}>{r.head.config}</pre>)}</>;
}
