import { useSyncExternalStore } from 'react';

/** Where one is: the path behind `#`, in parts, and its query. */
export interface Place {
  parts: readonly string[];
  query: URLSearchParams;
}

let known = '';
let place: Place = parse('');

/** What an address behind `#` names. A part that cannot be decoded is taken as it stands. */
export function parse(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const parts = path.split('/').filter(Boolean).map(decoded);
  return { parts, query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place within the editor. */
export function href(
  parts: readonly string[],
  query: Readonly<Record<string, string>> = {},
): string {
  const path = parts.map(encodeURIComponent).join('/');
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return `#/${path}${search.size ? `?${search}` : ''}`;
}

/** Go there; with `replace`, as if one had been there all along. */
export function go(to: string, replace = false): void {
  if (!replace) {
    location.hash = to;
    return;
  }
  history.replaceState(null, '', to);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Where one is now. */
export function usePlace(): Place {
  return useSyncExternalStore(subscribe, read);
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
}

function read(): Place {
  if (location.hash !== known) {
    known = location.hash;
    place = parse(known);
  }
  return place;
}
