import type { Point } from './edits';
import type { Size } from './graph';

export interface Placed {
  position: Point;
  width?: number | undefined;
  height?: number | undefined;
}

/** From farther away than this, nothing could be read. */
const FARTHEST = 0.55;
const READING = 0.75;
const MARGIN = 48;

/**
 * What is seen at first: all of it if it can be read then, else where it begins, which is at the
 * left.
 */
export function firstView(nodes: readonly Placed[], room: Size): Point & { zoom: number } {
  if (nodes.length === 0) return { x: room.width / 2, y: room.height / 2, zoom: 1 };
  const [wide, tall] = [room.width - 2 * MARGIN, room.height - 2 * MARGIN];
  const all = boundsOf(nodes);
  const zoom = Math.min(1, wide / all.width, tall / all.height);
  if (zoom >= FARTHEST) return { ...middle(all, zoom, room), zoom };
  const near = boundsOf(nodes.filter(({ position }) => (position.x - all.x) * READING < wide));
  const { y } = middle(near, READING, room);
  const top = near.height * READING < tall ? y : MARGIN - near.y * READING;
  return { x: MARGIN - all.x * READING, y: top, zoom: READING };
}

function boundsOf(nodes: readonly Placed[]) {
  const left = Math.min(...nodes.map(({ position }) => position.x));
  const top = Math.min(...nodes.map(({ position }) => position.y));
  const right = Math.max(...nodes.map(({ position, width = 0 }) => position.x + width));
  const bottom = Math.max(...nodes.map(({ position, height = 0 }) => position.y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function middle(box: ReturnType<typeof boundsOf>, zoom: number, room: Size): Point {
  return {
    x: room.width / 2 - (box.x + box.width / 2) * zoom,
    y: room.height / 2 - (box.y + box.height / 2) * zoom,
  };
}
