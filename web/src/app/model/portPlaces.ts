import { Position } from '@xyflow/react';
import type { Port, Side } from './ports';

/** The width and height of a port on the canvas. */
export const PORT = 14;

/** Where a port is on a node of this size, as the canvas wants to know it. */
export function boundsOf(port: Port, size: { width: number; height: number }) {
  const along = {
    L: 0,
    R: size.width,
    T: port.at * size.width,
    D: port.at * size.width,
    '0': size.width / 2,
  };
  const down = {
    L: port.at * size.height,
    R: port.at * size.height,
    T: 0,
    D: size.height,
    '0': size.height / 2,
  };
  return {
    id: port.id,
    type: port.kind === 'in' ? ('target' as const) : ('source' as const),
    position: POSITIONS[port.side],
    x: along[port.side] - PORT / 2,
    y: down[port.side] - PORT / 2,
    width: PORT,
    height: PORT,
  };
}

/** The sides as the canvas calls them; the middle counts as one where edges come from. */
export const POSITIONS: Readonly<Record<Side, Position>> = {
  L: Position.Left,
  R: Position.Right,
  T: Position.Top,
  D: Position.Bottom,
  '0': Position.Left,
};
