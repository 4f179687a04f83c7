// The toolbar: what the diagram shows; and the buttons of the page itself.

import type { ComponentChildren } from "preact";
import { helping } from "./help.tsx";
import { keys, shown, spoken } from "./keys.ts";
import { tools, type Tool } from "./parts.tsx";
import { axis, chosen, slice, theme } from "./state.ts";
import { nextTheme } from "./theme.ts";
import { copyLink, setAxis, setSlice, slices, zoom, zoomOut } from "./view.ts";

export function Toolbar() {
  return (
    <div class="toolbar" role="group" aria-label="View">
      <Group label="Axis">
        <Button label="Time" key_="a" title="Time along the axis" hint={false} pressed={axis.value === "time"}
          run={() => setAxis("time")} />
        <Button label="Order" key_="a" title="The order of moments along the axis" pressed={axis.value === "sequence"}
          run={() => setAxis("sequence")} />
      </Group>
      <Group label="Zoom">
        <Button label="−" title="Zoom out" key_="-" run={() => zoom(2)} />
        <Button label="+" title="Zoom in" key_="+" run={() => zoom(0.5)} />
        <Button label="Whole" title="Show the whole run" key_="0" run={zoomOut} />
      </Group>
      <Slices />
      {tools.view.length > 0 && <Group label="Show">{tools.view.map(toolButton)}</Group>}
      {tools.save.length > 0 && <Group label="Save">{tools.save.map(toolButton)}</Group>}
    </div>
  );
}

/** The buttons of the page itself, which stand at the top. */
export function PageButtons() {
  return (
    <Group label="Page">
      <Button label={`Theme: ${theme.value}`} key_="t" run={nextTheme} />
      <Button label="Copy link" title="Copy link to what is shown now" key_="y" run={copyLink} />
      <Button label="Help" key_="?" run={() => (helping.value = true)} />
    </Group>
  );
}

function Slices() {
  const off = chosen.value === null;
  return (
    <Group label="Slice">
      {slices.map((s) => (
        <Button key={s.slice} label={s.label} title={`${s.label}: ${s.title}${off ? "; choose an event first" : ""}`}
          key_={s.key} off={off} pressed={!off && slice.value === s.slice} run={() => setSlice(s.slice)} />
      ))}
    </Group>
  );
}

function toolButton(t: Tool) {
  const does = keys().find((k) => k.key === t.key)?.does;
  return (
    <Button
      key={t.label} label={t.label} title={does ? `${t.label}: ${does}` : t.label} {...(t.key ? { key_: t.key } : {})}
      run={t.run} {...(t.pressed ? { pressed: t.pressed() } : {})}
    />
  );
}

function Group({ label, children }: { label: string; children: ComponentChildren }) {
  return <span class="pair" role="group" aria-label={label}>{children}</span>;
}

interface ButtonProps {
  label: string;
  title?: string;
  key_?: string;
  pressed?: boolean;
  off?: boolean;
  /** Whether the key stands on the button, too. */
  hint?: boolean;
  run: () => void;
}

function Button({ label, title = label, key_, pressed, off, hint = true, run }: ButtonProps) {
  const more = {
    ...(key_ ? { "aria-keyshortcuts": spoken(key_) } : {}),
    ...(pressed === undefined ? {} : { "aria-pressed": pressed }),
    ...(off ? { "aria-disabled": true } : {}),
  };
  return (
    <button
      type="button" title={key_ ? `${title} (key ${shown(key_).join("+")})` : title} aria-label={title} {...more}
      onClick={() => off || run()}
    >
      {label}
      {key_ && hint && label.length > 1 && <kbd aria-hidden="true">{shown(key_).join("+")}</kbd>}
    </button>
  );
}
