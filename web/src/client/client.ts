import { Emitter } from './events.ts';
import type { components } from './generated/rest.ts';
import {
  addressOf,
  answerOf,
  ApiError,
  catalogCalls,
  imageCalls,
  workflowCalls,
  workspaceCalls,
  type Ask,
  type Call,
  type Category,
  type DataType,
  type NodeConfig,
  type User,
} from './rest.ts';
import { WorkflowSession } from './session.ts';
import type { World } from './socket.ts';
import { openIndexed, openMemory, type OpenStore } from './storage.ts';
import { inBrowser, inMemory, SignedOut, type Kept, type TokenStore } from './tokens.ts';

type LoggedIn = components['schemas']['LoggedIn'];
type Token = components['schemas']['Token'];

export interface ClientOptions {
  /** The origin of the server; without it, that of the page. */
  readonly url?: string;
  readonly tokens?: TokenStore<User>;
  readonly fetch?: typeof fetch;
  /** Where batches without an answer are kept. */
  readonly store?: OpenStore;
  readonly world?: World;
}

/** Milliseconds before the end of a token at which a fresh one is asked for. */
const EARLY = 5 * 60_000;

/** A server, as one user: its REST calls, and its workflows live. */
export class NodiusClient extends Emitter<{ signedOut: undefined }> {
  private readonly root: string;
  private readonly tokens: TokenStore<User>;
  private readonly fetch: typeof fetch;
  private held: Kept<User> | null = null;
  private renewing: Promise<string> | null = null;

  constructor(private readonly options: ClientOptions = {}) {
    super();
    const here = typeof location === 'undefined' ? '' : location.origin;
    this.root = (options.url ?? here).replace(/\/$/, '');
    const keeps = typeof localStorage !== 'undefined';
    this.tokens = options.tokens ?? (keeps ? inBrowser() : inMemory());
    this.fetch = options.fetch ?? ((...given) => fetch(...given));
  }

  get user(): User | null {
    return this.held?.user ?? null;
  }

  async login(username: string, password: string): Promise<User> {
    const body = { username, password };
    const told = await this.request<LoggedIn>({ method: 'POST', path: ['auth', 'login'], body });
    this.keep(told);
    return told.user;
  }

  /** Go on as who was signed in before; null if nobody was, or it counts no more. */
  async restore(): Promise<User | null> {
    this.held = this.tokens.load();
    if (!this.held) return null;
    try {
      const { user } = await this.ask<{ user: User }>({ path: ['auth', 'me'] });
      this.keep({ ...this.held, user });
      return user;
    } catch (error) {
      if (error instanceof ApiError || error instanceof SignedOut) return null;
      throw error;
    }
  }

  async logout(): Promise<void> {
    const held = this.held;
    this.keep(null);
    if (held) await this.request({ method: 'POST', path: ['auth', 'logout'] }, held.token);
  }

  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    const body = { currentPassword, newPassword };
    await this.ask({ method: 'POST', path: ['auth', 'password'], body });
  }

  /** A token that counts for a while; with `fresh`, a new one. Throws SignedOut. */
  async token(fresh = false): Promise<string> {
    if (!this.held) throw new SignedOut();
    if (!fresh && this.held.expiresAt - Date.now() > EARLY) return this.held.token;
    // However many ask at once, one call does.
    this.renewing ??= this.renew().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** Ask for something; throws ApiError, SignedOut, and TypeError if there is no network. */
  readonly ask: Ask = async <T>(call: Call): Promise<T> => {
    try {
      return await this.request<T>(call, await this.token());
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return this.request<T>(call, await this.token(true));
    }
  };

  readonly workflows = workflowCalls(this.ask);
  readonly categories = catalogCalls<Category>(this.ask, 'category', 'categories', 'category');
  readonly nodeConfigs = catalogCalls<NodeConfig>(
    this.ask,
    'nodeconfig',
    'nodeConfigs',
    'nodeConfig',
  );
  readonly dataTypes = catalogCalls<DataType>(this.ask, 'datatype', 'dataTypes', 'dataType');
  readonly workspaces = workspaceCalls(this.ask);

  get images() {
    return imageCalls(this.ask, this.root);
  }

  /** A workflow, live. Throws SignedOut. */
  open(workflowKey: string): WorkflowSession {
    if (!this.held) throw new SignedOut();
    const address = `${this.root.replace(/^http/, 'ws')}/ws`;
    return new WorkflowSession(workflowKey, {
      // For a load balancer that can send the same workflow to the same process.
      url: () => `${address}?workflow=${encodeURIComponent(workflowKey)}`,
      token: (fresh) => this.token(fresh),
      userId: this.held.user.id,
      store: this.options.store ?? (typeof indexedDB === 'undefined' ? openMemory : openIndexed),
      world: this.options.world,
    });
  }

  private async renew(): Promise<string> {
    const held = this.held as Kept<User>;
    const body = { token: held.token };
    try {
      const fresh = await this.request<Token>({ method: 'POST', path: ['auth', 'refresh'], body });
      this.keep({ ...held, ...fresh });
      return fresh.token;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.keep(null);
      this.emit('signedOut', undefined);
      throw new SignedOut();
    }
  }

  private keep(kept: Kept<User> | null): void {
    this.held = kept;
    this.tokens.save(kept);
  }

  private async request<T>(call: Call, token?: string): Promise<T> {
    const headers: { [name: string]: string } = {};
    if (token) headers['Authorization'] = `Bearer ${token}`;
    if (call.body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await this.fetch(addressOf(this.root, call), {
      method: call.method ?? 'GET',
      headers,
      body: call.form ?? (call.body === undefined ? undefined : JSON.stringify(call.body)),
    });
    return answerOf<T>(response);
  }
}
