import type { FitViewOptions } from '@xyflow/react';

/** How long a view takes to become another one: no time for who does not want to see that. */
export function glide(): { duration: number } {
  return { duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200 };
}

/** How all of a drawing is brought into view. */
export function whole(): FitViewOptions {
  return { padding: 0.15, maxZoom: 1, ...glide() };
}
