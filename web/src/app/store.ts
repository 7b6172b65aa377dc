import { useSyncExternalStore } from 'react';

/** A value that components watch: one place, changed by replacing it. */
export interface Store<T> {
  get(): T;
  set(change: (before: T) => T): void;
  subscribe(listener: () => void): () => void;
}

/** A store that holds this at first. */
export function createStore<T>(value: T): Store<T> {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(change) {
      const next = change(value);
      if (Object.is(next, value)) return;
      value = next;
      for (const each of [...listeners]) each();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A part of what the store holds; the component is drawn anew when that part is another one. */
export function useStore<T, Part>(store: Store<T>, part: (value: T) => Part): Part {
  const read = () => part(store.get());
  return useSyncExternalStore(store.subscribe, read, read);
}
