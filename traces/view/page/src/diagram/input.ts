// The pointer, the wheel and two fingers.

import { pan, zoomAt } from "./window.ts";

export interface Handlers {
  hover: (x: number, y: number) => void;
  leave: () => void;
  click: (x: number, y: number) => void;
  /** Where the axis begins, and how wide it is. */
  area: () => { left: number; width: number };
}

/** Listens to an element; what it returns stops that. */
export function listen(element: HTMLElement, on: Handlers): () => void {
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const at = (e: MouseEvent) => {
    const box = element.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  };
  const press = (e: PointerEvent) => {
    if (e.button !== 0) return;
    if (down.size === 0) moved = 0;
    down.set(e.pointerId, at(e));
    element.setPointerCapture(e.pointerId);
  };
  const move = (e: PointerEvent) => {
    const was = down.get(e.pointerId), is = at(e);
    if (!was) return on.hover(is.x, is.y);
    const { left, width } = on.area();
    const other = [...down].find(([id]) => id !== e.pointerId)?.[1];
    if (other) {
      const before = Math.abs(was.x - other.x), after = Math.abs(is.x - other.x);
      if (before > 8 && after > 8) zoomAt(before / after, ((is.x + other.x) / 2 - left) / width);
      pan(-(is.x - was.x) / 2 / width);
      moved = 100;
    } else {
      moved += Math.abs(is.x - was.x) + Math.abs(is.y - was.y);
      if (moved > 4) {
        pan(-(is.x - was.x) / width);
        element.dataset.dragging = "true";
      }
    }
    down.set(e.pointerId, is);
  };
  const release = (e: PointerEvent) => {
    const had = down.delete(e.pointerId);
    if (down.size === 0) delete element.dataset.dragging;
    if (had && e.type === "pointerup" && moved <= 4) on.click(at(e).x, at(e).y);
  };
  const wheel = (e: WheelEvent) => {
    const { left, width } = on.area();
    const size = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1;
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      e.preventDefault();
      pan(((e.deltaX || e.deltaY) * size) / width);
    } else if (e.ctrlKey || e.metaKey || document.activeElement === element) {
      // Without a key the wheel scrolls the page, unless the diagram has the focus.
      e.preventDefault();
      zoomAt(2 ** ((e.deltaY * size) / (e.ctrlKey ? 120 : 300)), (at(e).x - left) / width);
    }
  };
  element.addEventListener("pointerdown", press);
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener("pointerleave", on.leave);
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    element.removeEventListener("pointerdown", press);
    element.removeEventListener("pointermove", move);
    element.removeEventListener("pointerup", release);
    element.removeEventListener("pointercancel", release);
    element.removeEventListener("pointerleave", on.leave);
    element.removeEventListener("wheel", wheel);
  };
}
