// A button that copies a text.

import { useEffect, useRef, useState } from "preact/hooks";

/** Copies a text; says whether it could. A page that was opened as a file may not reach the clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text);
  }
}

function copyOldWay(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.className = "copied-from";
  document.body.append(field);
  field.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch {
    // Then the text is selected where it stands.
  }
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

interface CopyProps {
  text: string;
  /** What is copied, as in "the span's id". */
  what: string;
  /** What stands on the button. */
  label?: string;
  /** Where the text stands: it is selected if it cannot be copied. */
  from?: () => Element | null;
}

export function CopyButton({ text, what, label = "Copy", from }: CopyProps) {
  const [said, say] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onClick = async () => {
    const done = await copy(text);
    const place = from?.();
    if (!done && place) getSelection()?.selectAllChildren(place);
    say(done ? "Copied" : place ? "Selected: press Ctrl+C" : "Cannot copy");
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => say(""), 3000);
  };
  return (
    <span class="copy">
      <button type="button" aria-label={`${label} ${what}`} title={`${label} ${what}`} onClick={() => void onClick()}>
        {said || label}
      </button>
      <span role="status" class="unseen">{said && `${said}: ${what}`}</span>
    </span>
  );
}
