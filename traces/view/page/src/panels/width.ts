// How wide an element is, for what is drawn into it.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

/** A reference for an element, and how many pixels wide that is. */
export function useWidth<E extends HTMLElement>(): [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const e = element.current;
    if (!e) return;
    const watcher = new ResizeObserver(() => setWidth(Math.floor(e.clientWidth)));
    watcher.observe(e);
    setWidth(Math.floor(e.clientWidth));
    return () => watcher.disconnect();
  }, []);
  return [element, width];
}
