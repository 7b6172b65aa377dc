import { NodiusClient, type User } from '../client';
import { createStore, useStore } from './store';

/** The one connection of this page to its server. */
export const client = new NodiusClient();

export type Account =
  { status: 'restoring' } | { status: 'out'; notice: string | null } | { status: 'in'; user: User };

const account = createStore<Account>({ status: 'restoring' });

client.on('signedOut', () => {
  // Who signs out by hand needs no explanation.
  if (account.get().status === 'in') {
    account.set(() => ({
      status: 'out',
      notice: 'Your session has ended. Sign in again to go on.',
    }));
  }
});

/** Go on as who was signed in before, if that still counts. */
export async function restoreAccount(): Promise<void> {
  try {
    const user = await client.restore();
    account.set(() => (user ? { status: 'in', user } : { status: 'out', notice: null }));
  } catch {
    account.set(() => ({ status: 'out', notice: 'The server cannot be reached.' }));
  }
}

/** Raises what the server says. */
export async function signIn(username: string, password: string): Promise<void> {
  const user = await client.login(username, password);
  account.set(() => ({ status: 'in', user }));
}

export async function signOut(): Promise<void> {
  account.set(() => ({ status: 'out', notice: null }));
  await client.logout();
}

export function useAccount(): Account {
  return useStore(account, (each) => each);
}

/** Who is signed in; for what is shown to nobody else. */
export function useUser(): User {
  const current = useAccount();
  if (current.status !== 'in') throw new Error('Nobody is signed in.');
  return current.user;
}
