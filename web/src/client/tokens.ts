/** Nobody is signed in, or not any more. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut';
  constructor() {
    super('Sign in first.');
  }
}

/** A token, with its user and its end in milliseconds since 1970. */
export interface Kept<User> {
  readonly token: string;
  readonly expiresAt: number;
  readonly user: User;
}

/** Where a token is kept between two visits. */
export interface TokenStore<User> {
  load(): Kept<User> | null;
  save(kept: Kept<User> | null): void;
}

/** Keeps it in memory: it is gone with the page. */
export function inMemory<User>(): TokenStore<User> {
  let held: Kept<User> | null = null;
  return {
    load: () => held,
    save: (kept) => {
      held = kept;
    },
  };
}

const NAME = 'nodius/token';

/** Keeps it in the browser's local storage, for all tabs of this origin. */
export function inBrowser<User>(): TokenStore<User> {
  return {
    load: () => {
      try {
        return JSON.parse(localStorage.getItem(NAME) ?? 'null') as Kept<User> | null;
      } catch {
        return null;
      }
    },
    save: (kept) => {
      if (kept) localStorage.setItem(NAME, JSON.stringify(kept));
      else localStorage.removeItem(NAME);
    },
  };
}
