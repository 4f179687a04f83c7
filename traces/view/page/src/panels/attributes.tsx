// Attributes as a table. What they say is text, whatever it looks like.

import { useState } from "preact/hooks";
import type { Attribute, Value } from "../model/run.ts";

export function Attributes({ of, name }: { of: Attribute[]; name: string }) {
  if (of.length === 0) return null;
  return (
    <table class="attributes" aria-label={name}>
      <tbody>
        {of.map((a, i) => <tr key={i}><th scope="row">{a.key}</th><td><ValueOf value={a.value} /></td></tr>)}
      </tbody>
    </table>
  );
}

const long = 240;

/** A value; of a long one the beginning, until all of it is asked for. */
function ValueOf({ value }: { value: Value }) {
  const [more, show] = useState(false);
  const text = Array.isArray(value) ? value.join("\n") : String(value);
  if (text === "") return <span class="dim">{Array.isArray(value) ? "none" : "empty"}</span>;
  if (text.length <= long || more) return <span class="value">{text}</span>;
  return (
    <>
      <span class="value">{text.slice(0, long)}…</span>{" "}
      <button type="button" class="small" onClick={() => show(true)}>
        Show all {text.length.toLocaleString("en")} characters
      </button>
    </>
  );
}
