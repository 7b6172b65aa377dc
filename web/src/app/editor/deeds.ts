import { createStore, type Store } from '../store';

interface Deed {
  id: string;
  words: string;
}

interface Done {
  /** What `undo` would take back, the newest last. */
  done: readonly Deed[];
  /** What `redo` would bring again, the newest last. */
  undone: readonly Deed[];
}

const MOST = 200;

/**
 * What one has done here since one came, in words. The server knows what there is to undo, also
 * from before and from elsewhere; this only says what it is likely to be.
 */
export class Deeds {
  readonly store: Store<Done> = createStore<Done>({ done: [], undone: [] });

  did(id: string, words: string): void {
    this.store.set(({ done }) => ({ done: [...done, { id, words }].slice(-MOST), undone: [] }));
  }

  /** A batch that the server refused was never done. */
  refused(id: string): void {
    this.store.set(({ done, undone }) => ({ done: done.filter((each) => each.id !== id), undone }));
  }

  undid(): void {
    this.store.set(({ done, undone }) => {
      const last = done.at(-1);
      return { done: done.slice(0, -1), undone: last ? [...undone, last] : undone };
    });
  }

  redid(): void {
    this.store.set(({ done, undone }) => {
      const last = undone.at(-1);
      return { done: last ? [...done, last] : done, undone: undone.slice(0, -1) };
    });
  }
}
