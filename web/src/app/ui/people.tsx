import type { CSSProperties } from 'react';

/** The hue that stands for a name, the same everywhere and for everybody. */
export function hueOf(name: string): number {
  let hash = 2166136261;
  for (let at = 0; at < name.length; at += 1)
    hash = Math.imul(hash ^ name.charCodeAt(at), 16777619);
  // Steps of the golden angle keep names that differ a little apart.
  return Math.round(((hash >>> 0) * 137.508) % 360);
}

/** What an element of class `hued` needs, to be of this hue. */
export function hued(hue: number): CSSProperties {
  return { '--hue': hue } as CSSProperties;
}

/** Two letters that stand for somebody: a picture, which the styles write. */
export function Avatar({ name, title }: { name: string; title?: string }) {
  return (
    <span
      className="avatar hued"
      style={hued(hueOf(name))}
      title={title ?? name}
      data-letters={[...name].slice(0, 2).join('')}
      aria-hidden="true"
    />
  );
}
