import { applyBatch, type Doc } from '../../src/client/document.ts';
import type { Instruction } from '../../src/client/instructions.ts';
import { InstructionError } from '../../src/client/refused.ts';
import type { SocketLike, World } from '../../src/client/socket.ts';

/** Numbers that are the same every time. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A clock that goes on when told to. */
export class Clock {
  time = 0;
  private readonly timers = new Set<{ at: number; run: () => void }>();

  readonly later = (run: () => void, milliseconds: number): (() => void) => {
    const timer = { at: this.time + milliseconds, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Let so much time pass, and what is due then happen. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settle();
      const due = [...this.timers].filter((each) => each.at <= end);
      const next = due.sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
  }
}

/** Let everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

interface Row {
  readonly seq: number;
  readonly userId: string;
  readonly sourceClientId: string;
  readonly timestamp: number;
  readonly id: string;
  readonly instructions: readonly Instruction[];
}

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly token?: string;
  readonly clientId?: string;
  readonly lastSeq?: number;
  readonly epoch?: string;
  readonly instructions?: readonly Instruction[];
  readonly state?: unknown;
}

/** One socket, as the client has it and as the server has it. */
export class Socket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  isClosed = false;
  clientId = '';
  userId = '';
  readonly sent: Message[] = [];

  constructor(private readonly server: Server) {}

  send(data: string): void {
    if (this.isClosed) return;
    const message = JSON.parse(data) as Message;
    this.sent.push(message);
    this.server.soon(this, () => this.server.take(this, message));
  }

  close(): void {
    this.server.drop(this, 1000);
  }

  /** Have the client hear something, after what it was told before. */
  tell(message: object): void {
    this.server.soon(this, () => {
      if (!this.isClosed) this.onmessage?.({ data: JSON.stringify(message) });
    });
  }
}

/** A server of one workflow, of which every message takes some time, by socket in order. */
export class Server {
  document: Doc;
  readonly rows: Row[] = [];
  readonly sockets = new Set<Socket>();
  epoch = 'e1';
  kept = Infinity;
  isUp = true;
  presences: unknown[] = [];
  /** The ids of users who may only look. */
  readonly viewers = new Set<string>();
  limits = { rate: 1_000_000 };
  private readonly due = new Map<Socket, number>();

  constructor(
    readonly clock: Clock,
    private readonly delay: () => number = () => 0,
    document: Partial<Doc> = {},
  ) {
    const empty = { name: 'x', category: null, description: null, data: {}, nodes: {}, edges: {} };
    this.document = { ...empty, ...document };
  }

  get seq(): number {
    return this.rows.length;
  }

  /** The world of a client of this server. */
  world(random: () => number): World {
    return {
      connect: () => {
        const socket = new Socket(this);
        this.clock.later(() => this.accept(socket), this.delay());
        return socket;
      },
      random,
      now: () => this.clock.time,
      later: this.clock.later,
    };
  }

  /** Do this when its turn has come: what a socket says and hears keeps its order. */
  soon(socket: Socket, run: () => void): void {
    const at = Math.max(this.clock.time + this.delay(), this.due.get(socket) ?? 0);
    this.due.set(socket, at);
    this.clock.later(run, at - this.clock.time);
  }

  /** Cut a socket off: what was on its way to it is lost. */
  drop(socket: Socket, code: number): void {
    if (socket.isClosed) return;
    socket.isClosed = true;
    this.sockets.delete(socket);
    this.clock.later(() => socket.onclose?.({ code, reason: '' }), 0);
  }

  private accept(socket: Socket): void {
    if (!this.isUp) return this.drop(socket, 1006);
    this.sockets.add(socket);
    socket.onopen?.(undefined as never);
  }

  take(socket: Socket, message: Message): void {
    if (socket.isClosed) return;
    if (message.type === 'connect') this.connect(socket, message);
    else if (message.type === 'ping') socket.tell({ type: 'pong' });
    else if (message.type === 'presence') this.presences.push(message.state);
    else if (message.type === 'instructions') this.judge(socket, message);
  }

  private connect(socket: Socket, { token = '', clientId = '', lastSeq, epoch }: Message): void {
    socket.userId = token.replace('token of ', '');
    socket.clientId = clientId;
    const resumed =
      lastSeq !== undefined && epoch === this.epoch && this.seq - lastSeq <= this.kept;
    const { limits, seq } = this;
    socket.tell({
      type: 'connected',
      clientId,
      userId: socket.userId,
      role: this.viewers.has(socket.userId) ? 'viewer' : 'editor',
      seq,
      epoch: this.epoch,
      resumed,
      limits,
      participants: [],
      ...(resumed ? {} : { workflow: this.document }),
    });
    if (resumed && lastSeq < seq) {
      socket.tell({ type: 'updates', updates: this.rows.slice(lastSeq) });
    }
  }

  private judge(socket: Socket, { id = '', instructions = [] }: Message): void {
    const { userId, clientId } = socket;
    const known = this.rows.find(
      (each) => each.id === id && each.sourceClientId === clientId && each.userId === userId,
    );
    if (this.viewers.has(userId)) {
      const message = 'You are viewer here, and this takes editor.';
      return socket.tell({ type: 'error', code: 'forbidden', message, id });
    }
    if (known) return socket.tell({ type: 'ack', id, seq: known.seq, timestamp: 0 });
    try {
      const applied = applyBatch(this.document, instructions);
      this.document = applied.document;
      const row = { userId, sourceClientId: clientId, id, timestamp: 0, seq: this.seq + 1 };
      this.add({ ...row, instructions: applied.instructions });
    } catch (error) {
      if (!(error instanceof InstructionError)) throw error;
      socket.tell({ type: 'error', code: error.code, message: error.message, id });
    }
  }

  private add(row: Row): void {
    this.rows.push(row);
    for (const each of this.sockets) {
      if (each.clientId) each.tell({ type: 'updates', updates: [row] });
    }
  }
}
