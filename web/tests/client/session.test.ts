import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, test } from 'vitest';
import { append, merge, remove, set } from '../../src/client/instructions.ts';
import { WorkflowSession, type SessionOptions } from '../../src/client/session.ts';
import { openIndexed, openMemory, type OpenStore } from '../../src/client/storage.ts';
import { SignedOut } from '../../src/client/tokens.ts';
import { Clock, dice, Server, settle, type Socket } from './server.ts';

let clock: Clock;
let server: Server;

beforeEach(() => {
  clock = new Clock();
  server = new Server(clock, () => 5, { data: { log: [] } });
});

type Token = SessionOptions['token'];

function open(
  userId = 'ann',
  store: OpenStore = openMemory,
  seed = 1,
  token: Token = () => Promise.resolve(`token of ${userId}`),
): WorkflowSession {
  const url = () => 'ws://server/ws';
  const world = server.world(dice(seed));
  return new WorkflowSession('flow', { url, token, userId, store, world });
}

async function live(userId = 'ann', store?: OpenStore, token?: Token): Promise<WorkflowSession> {
  const session = open(userId, store, undefined, token);
  await untilLive(session);
  return session;
}

async function untilLive(session: WorkflowSession): Promise<void> {
  for (let turn = 0; session.state().status !== 'live'; turn += 1) {
    expect(turn).toBeLessThan(200);
    // IndexedDB has its own turns.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.pass(100);
  }
}

const socketOf = () => [...server.sockets][0] as Socket;
const log = (session: WorkflowSession) => session.state().document?.data['log'];
const add = (value: string) => [append(['data', 'log'], value)];

describe('a change', () => {
  test('is shown at once, told to the others, and no more pending when it is answered', async () => {
    const [ann, bob] = [await live('ann'), await live('bob')];
    const told: unknown[] = [];
    ann.on('acknowledged', ({ seq }) => told.push(seq));
    ann.apply(add('a'));
    expect(log(ann)).toEqual(['a']);
    expect([ann.state().pending, log(bob)]).toEqual([1, []]);
    const shown = ann.state().document;
    await clock.pass(50);
    expect(ann.state().pending).toBe(0);
    expect(ann.state().document, 'what was shown already is not made anew').toBe(shown);
    expect(log(bob)).toEqual(['a']);
    expect(told).toEqual([1]);
  });

  test('that comes in meanwhile goes below those that have no answer', async () => {
    const [ann, bob] = [await live('ann'), await live('bob')];
    ann.apply(add('a'));
    bob.apply(add('b'));
    await clock.pass(7);
    bob.apply(add('c'));
    await clock.pass(50);
    expect(log(ann)).toEqual(log(bob));
    expect(log(ann)).toEqual(server.document.data['log']);
  });

  test('that does not apply is refused at once, and nothing is sent', async () => {
    const ann = await live();
    expect(() => ann.apply([...add('a'), remove(['nodes', 'none'])])).toThrow('nothing at');
    expect([log(ann), ann.state().pending]).toEqual([[], 0]);
  });

  test('of one who may only look by now is taken back, and makes the session know', async () => {
    const ann = await live('ann');
    server.viewers.add('ann');
    ann.apply(add('a'));
    await clock.pass(50);
    expect([log(ann), ann.state().role, ann.state().pending]).toEqual([[], 'viewer', 0]);
  });

  test('may be made once more by one who looks again after a role was raised', async () => {
    server.viewers.add('ann');
    const [ann, bob] = [await live('ann'), await live('bob')];
    server.viewers.delete('ann');
    bob.apply(add('b'));
    ann.lookAgain();
    await clock.pass(50);
    expect(ann.state().role).toBe('editor');
    ann.apply(add('a'));
    await clock.pass(50);
    expect([log(ann), log(bob)]).toEqual([
      ['b', 'a'],
      ['b', 'a'],
    ]);
  });

  test('that the server refuses is taken back, and told', async () => {
    server.document = { ...server.document, nodes: { a: {} } };
    const [ann, bob] = [await live('ann'), await live('bob')];
    const rejected: unknown[] = [];
    ann.on('rejected', ({ code, instructions }) => rejected.push([code, instructions.length]));
    bob.apply([remove(['nodes', 'a'])]);
    ann.apply([set(['nodes', 'a', 'name'], 'x')]);
    await clock.pass(50);
    expect(rejected).toEqual([['path_not_found', 1]]);
    expect(ann.state().document?.nodes).toEqual({});
    expect(ann.state().pending).toBe(0);
  });

  test('of more than 256 instructions goes as several batches', async () => {
    const ann = await live();
    ann.apply(Array.from({ length: 600 }, (_, n) => append(['data', 'log'], n)));
    await clock.pass(50);
    expect(server.rows.map((each) => each.instructions.length)).toEqual([256, 256, 88]);
  });

  test('waits for the rate that the server has announced, where the next one overtakes it', async () => {
    server.limits = { rate: 10 };
    server.document = { ...server.document, nodes: { a: {}, b: {} } };
    const ann = await live();
    for (let x = 1; x <= 100; x += 1) {
      ann.apply([merge(['nodes', 'a'], { posX: x }), merge(['nodes', 'b'], { posX: x })]);
    }
    expect(ann.state().document?.nodes['a']).toEqual({ posX: 100 });
    await clock.pass(3000);
    expect(server.document.nodes).toEqual({ a: { posX: 100 }, b: { posX: 100 } });
    expect(server.rows.length).toBeLessThan(10);
  });
});

describe('a socket that is lost', () => {
  test('is followed by another one, which sends again what has no answer, once each', async () => {
    const ann = await live();
    ann.apply(add('a'));
    await clock.pass(6);
    // It is applied, and the answer is lost.
    expect(server.seq).toBe(1);
    server.drop(socketOf(), 1006);
    await settle();
    ann.apply(add('b'));
    await clock.pass(1);
    expect(ann.state().status).toBe('offline');
    expect(log(ann)).toEqual(['a', 'b']);
    await clock.pass(2000);
    expect([ann.state().status, ann.state().pending]).toEqual(['live', 0]);
    expect(log(ann)).toEqual(['a', 'b']);
    expect(server.document.data['log']).toEqual(['a', 'b']);
    expect(socketOf().sent[0]).toMatchObject({ type: 'connect', lastSeq: 0, epoch: 'e1' });
  });

  test('comes back after as long as the server has asked for', async () => {
    const ann = await live();
    socketOf().tell({ type: 'closing', retryAfterMs: 7000 });
    await clock.pass(6);
    server.drop(socketOf(), 1013);
    await clock.pass(6900);
    expect(ann.state().status).toBe('offline');
    expect(ann.state().retryAt).toBeCloseTo(clock.time + 100, -2);
    await clock.pass(200);
    expect(ann.state().status).toBe('live');
  });

  test('is tried again later and later, at moments drawn by chance', async () => {
    const ann = await live();
    server.isUp = false;
    const { sockets } = server;
    const times: number[] = [];
    server.drop(socketOf(), 1006);
    ann.subscribe(() => {
      if (ann.state().retryAt) times.push(ann.state().retryAt as number);
    });
    await clock.pass(600_000);
    expect(sockets.size).toBe(0);
    expect(times.length).toBeGreaterThan(20);
    expect(times.length).toBeLessThan(80);
    server.isUp = true;
    await clock.pass(31_000);
    expect(ann.state().status).toBe('live');
  });

  test.each([4403, 4409])('with code %i is the end', async (code) => {
    const ann = await live();
    server.drop(socketOf(), code);
    await clock.pass(60_000);
    expect(ann.state().status).toBe('ended');
    expect(server.sockets.size).toBe(0);
    expect(() => ann.apply(add('a'))).toThrow('ended');
  });

  test('is given up when the server is silent', async () => {
    const ann = await live();
    server.take = () => undefined;
    await clock.pass(29_000);
    expect(ann.state().status).not.toBe('live');
  });

  test('takes the whole workflow where what was missed is not kept', async () => {
    const [ann, bob] = [await live('ann'), await live('bob')];
    ann.apply(add('a'));
    server.drop(socketOf(), 1006);
    await clock.pass(1);
    bob.apply(add('b'));
    bob.apply(add('c'));
    server.kept = 1;
    await clock.pass(3000);
    expect(log(ann)).toEqual(server.document.data['log']);
    expect(ann.state().pending).toBe(0);
  });

  test('has no gap that is not noticed', async () => {
    const ann = await live();
    const row = { seq: 5, userId: 'x', sourceClientId: 'y', timestamp: 0, instructions: [] };
    socketOf().tell({ type: 'updates', updates: [row] });
    await clock.pass(3000);
    expect([ann.state().status, ann.state().seq]).toEqual(['live', 0]);
  });
});

describe('what the server says', () => {
  test('of its end empties the queue, and the user is told', async () => {
    const ann = await live();
    const told: string[] = [];
    ann.on('deleted', () => told.push('deleted'));
    ann.on('closed', ({ code }) => told.push(code));
    ann.apply(add('a'));
    socketOf().tell({ type: 'deleted' });
    await clock.pass(50);
    expect(told).toEqual(['deleted', 'deleted']);
    expect(ann.state()).toMatchObject({ status: 'ended', pending: 0 });
  });

  test('of others is kept, and what this user is at is shown again on a new socket', async () => {
    const ann = await live();
    const bob = { clientId: 'b', userId: 'bob', username: 'Bob' };
    socketOf().tell({ type: 'presence', ...bob, state: { x: 1 } });
    await clock.pass(10);
    expect(ann.state().participants).toEqual([{ ...bob, state: { x: 1 } }]);
    ann.presence({ at: 1 });
    ann.presence({ at: 2 });
    ann.presence({ at: 3 });
    await clock.pass(200);
    expect(server.presences).toEqual([{ at: 1 }, { at: 3 }]);
    server.drop(socketOf(), 1006);
    await clock.pass(2000);
    expect(server.presences).toEqual([{ at: 1 }, { at: 3 }, { at: 3 }]);
  });

  test('of a token brings a fresh one', async () => {
    const ann = await live();
    socketOf().tell({ type: 'tokenExpiring', expiresAt: 0 });
    await clock.pass(20);
    expect(socketOf().sent.at(-1)).toMatchObject({ type: 'auth', token: 'token of ann' });
    expect(ann.state().status).toBe('live');
  });

  test('of a rate that was passed has all of it sent again after a pause', async () => {
    const ann = await live();
    const judge = server.take.bind(server);
    let refused = 0;
    server.take = (socket, message) => {
      if (message.type !== 'instructions' || refused >= 2) return judge(socket, message);
      refused += 1;
      socket.tell({ type: 'error', code: 'rate_limited', message: '', id: message.id });
    };
    ann.apply(add('a'));
    ann.apply(add('b'));
    await clock.pass(5000);
    expect(server.document.data['log']).toEqual(['a', 'b']);
    expect(ann.state().pending).toBe(0);
  });
});

describe('a token', () => {
  /** A session in three moments at which it needs a token, once there is no network for one. */
  const moments: [string, (session: WorkflowSession) => void][] = [
    ['to look again', (session) => session.lookAgain()],
    ['to connect', () => server.drop(socketOf(), 1006)],
    ['as the last one ends', () => socketOf().tell({ type: 'tokenExpiring', expiresAt: 0 })],
  ];

  test.each(moments)('that cannot be fetched %s is fetched later', async (_, need) => {
    let isAway = false;
    const ann = await live('ann', undefined, () =>
      isAway ? Promise.reject(new TypeError('no network')) : Promise.resolve('token of ann'),
    );
    isAway = true;
    need(ann);
    ann.apply(add('a'));
    await clock.pass(5000);
    expect(ann.state().status).toBe('offline');
    isAway = false;
    await untilLive(ann);
    await clock.pass(50);
    expect([server.document.data['log'], ann.state().pending]).toEqual([['a'], 0]);
  });

  test.each(moments)('that there is none of %s ends the session', async (_, need) => {
    let isOut = false;
    const ann = await live('ann', undefined, () =>
      isOut ? Promise.reject(new SignedOut()) : Promise.resolve('token of ann'),
    );
    isOut = true;
    need(ann);
    await clock.pass(5000);
    expect(ann.state().ended?.code).toBe('unauthorized');
  });
});

describe('a page', () => {
  test('that is left goes on in the next one with what had no answer', async () => {
    const first = await live('ann', openIndexed);
    const { clientId } = first;
    server.isUp = false;
    server.drop(socketOf(), 1006);
    await clock.pass(1);
    first.apply(add('a'));
    first.apply(add('b'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.close();
    server.isUp = true;
    const next = await live('ann', openIndexed);
    await clock.pass(100);
    expect(server.document.data['log']).toEqual(['a', 'b']);
    expect(server.rows.map((each) => each.sourceClientId)).toEqual([clientId, clientId]);
    next.close();
    const last = await live('ann', openIndexed);
    await clock.pass(100);
    expect(server.seq).toBe(2);
    last.close();
  });
});

describe('many clients, with a network that is none', () => {
  test.each(Array.from({ length: 25 }, (_, seed) => seed))('seed %i', async (seed) => {
    const random = dice(seed);
    server = new Server(clock, () => random() * 30, { data: { log: [] }, nodes: { n: {} } });
    const names = ['a', 'b', 'c', 'd'];
    const all = names.map((name, number) => open(name, openMemory, seed * 10 + number));
    const asked = new Map<string, number>();
    for (const session of all) await untilLive(session);
    for (let step = 0; step < 120; step += 1) {
      const session = all[Math.floor(random() * all.length)] as WorkflowSession;
      const what = random();
      if (what < 0.5) {
        const value = `${session.clientId}-${step}`;
        asked.set(value, 1);
        session.apply(add(value));
      } else if (what < 0.7) session.apply([set(['data', `k${step % 7}`], step)]);
      else if (what < 0.8) session.apply([merge(['nodes', 'n'], { posX: step })]);
      else if (what < 0.87) {
        const [socket] = [...server.sockets].sort(() => random() - 0.5);
        if (socket) server.drop(socket, random() < 0.5 ? 1006 : 1013);
      } else if (what < 0.89) server.kept = random() < 0.5 ? 3 : Infinity;
      else await clock.pass(random() * 60);
    }
    server.kept = Infinity;
    for (let turn = 0; turn < 20; turn += 1) await clock.pass(1000);
    const written = server.document.data['log'] as string[];
    expect([...written].sort()).toEqual([...asked.keys()].sort());
    for (const session of all) {
      expect(session.state()).toMatchObject({ status: 'live', pending: 0, seq: server.seq });
      expect(session.state().document).toEqual(server.document);
      session.close();
    }
  });
});
