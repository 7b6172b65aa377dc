import type { Batch } from './batches.ts';

/** Keeps what has no answer yet, so that it survives the page; one client's, of one workflow. */
export interface BatchStore {
  readonly clientId: string;
  /** What was kept, in the order in which it was asked for. */
  load(): Promise<readonly Batch[]>;
  put(batch: Batch): void;
  drop(id: string): void;
  /** Let another page be this client. */
  release(): void;
}

/** Opens the store of a client that no other page is. */
export type OpenStore = (scope: string) => Promise<BatchStore>;

/** A name that nobody else has. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (each) => each.toString(16).padStart(2, '0')).join('');
}

/** A store that is gone with the page. */
export const openMemory: OpenStore = () => {
  const nothing = () => undefined;
  const store = { clientId: newId(), load: () => Promise.resolve([]), put: nothing };
  return Promise.resolve({ ...store, drop: nothing, release: nothing });
};

const DATABASE = 'nodius';
const TABLE = 'batches';

interface Row {
  readonly scope: string;
  readonly clientId: string;
  readonly number: number;
  readonly batch: Batch;
}

/**
 * A store in IndexedDB. A page goes on as a client that was left with unanswered batches, if there
 * is one that no other page is: that is what locks are for. Where there are none, each tab is a
 * client of its own, by what the browser keeps for a tab.
 */
export const openIndexed: OpenStore = async (scope) => {
  const database = await openDatabase();
  const rows = await all(database, scope);
  const left = [...new Set(rows.map((each) => each.clientId))];
  const { clientId, release } = await choose(scope, left);
  return new IndexedStore(
    database,
    scope,
    clientId,
    rows.filter((each) => each.clientId === clientId),
    release,
  );
};

class IndexedStore implements BatchStore {
  private next: number;
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly database: IDBDatabase,
    private readonly scope: string,
    readonly clientId: string,
    private readonly rows: readonly Row[],
    private readonly free: () => void,
  ) {
    for (const row of rows) this.numbers.set(row.batch.id, row.number);
    this.next = Math.max(0, ...rows.map((each) => each.number)) + 1;
  }

  load(): Promise<readonly Batch[]> {
    const ordered = [...this.rows].sort((one, other) => one.number - other.number);
    return Promise.resolve(ordered.map((each) => each.batch));
  }

  put(batch: Batch): void {
    const number = this.numbers.get(batch.id) ?? this.next++;
    this.numbers.set(batch.id, number);
    const { scope, clientId } = this;
    this.table().put({ scope, clientId, number, batch } satisfies Row);
  }

  drop(id: string): void {
    const number = this.numbers.get(id);
    if (number === undefined) return;
    this.numbers.delete(id);
    this.table().delete([this.scope, this.clientId, number]);
  }

  release(): void {
    this.database.close();
    this.free();
  }

  private table(): IDBObjectStore {
    return this.database.transaction(TABLE, 'readwrite').objectStore(TABLE);
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(TABLE, { keyPath: ['scope', 'clientId', 'number'] });
  };
  return settled(opening);
}

function all(database: IDBDatabase, scope: string): Promise<Row[]> {
  const range = IDBKeyRange.bound([scope], [scope, []]);
  return settled(database.transaction(TABLE).objectStore(TABLE).getAll(range));
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps nothing'));
  });
}

interface Chosen {
  readonly clientId: string;
  readonly release: () => void;
}

async function choose(scope: string, left: readonly string[]): Promise<Chosen> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (!locks) return { clientId: ofThisTab(scope, left), release: () => undefined };
  for (const clientId of [...left, newId()]) {
    const release = await take(locks, `nodius/${scope}/${clientId}`);
    if (release) return { clientId, release };
  }
  throw new Error('no name is free');
}

function take(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => resolve(() => release()));
      })
      .catch(reject);
  });
}

function ofThisTab(scope: string, left: readonly string[]): string {
  // A program that has no tabs is alone.
  if (typeof sessionStorage === 'undefined') return left[0] ?? newId();
  const name = `nodius/${scope}`;
  const known = sessionStorage.getItem(name) ?? newId();
  sessionStorage.setItem(name, known);
  return known;
}
