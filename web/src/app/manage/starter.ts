import { client } from '../account';
import type { Json } from '../model/json';

type Ports = readonly (readonly [id: string, accept: string, display?: string])[];

interface Kind {
  type: string;
  name: string;
  category: string;
  description: string;
  into: Ports;
  out: Ports;
  fields: readonly { name: string; type: string; options?: readonly string[] }[];
  process?: string;
}

const ANYTHING: Ports = [['in', 'any']];
const ON: Ports = [['out', 'any']];

const KINDS: readonly Kind[] = [
  {
    type: 'webhook',
    name: 'Webhook',
    category: 'Start',
    description: 'Begins when somebody calls an address',
    into: [],
    out: [['out', 'request']],
    fields: [
      { name: 'path', type: 'text' },
      { name: 'method', type: 'choice', options: ['GET', 'POST', 'PUT'] },
    ],
  },
  {
    type: 'schedule',
    name: 'Schedule',
    category: 'Start',
    description: 'Begins again and again',
    into: [],
    out: ON,
    fields: [{ name: 'everyMinutes', type: 'number' }],
  },
  {
    type: 'http',
    name: 'HTTP request',
    category: 'Work',
    description: 'Asks another service',
    into: ANYTHING,
    out: [
      ['out', 'response'],
      ['failed', 'error', 'Failed'],
    ],
    fields: [
      { name: 'url', type: 'text' },
      { name: 'timeoutSeconds', type: 'number' },
      { name: 'retries', type: 'number' },
    ],
  },
  {
    type: 'code',
    name: 'Code',
    category: 'Work',
    description: 'Does what its code says',
    into: ANYTHING,
    out: ON,
    fields: [],
    process: "await next('out', incoming.data);\n",
  },
  {
    type: 'switch',
    name: 'Condition',
    category: 'Flow',
    description: 'Goes on by one way or the other',
    into: ANYTHING,
    out: [
      ['yes', 'any', 'Yes'],
      ['no', 'any', 'No'],
    ],
    fields: [{ name: 'condition', type: 'longtext' }],
  },
  {
    type: 'delay',
    name: 'Delay',
    category: 'Flow',
    description: 'Waits before it goes on',
    into: ANYTHING,
    out: ON,
    fields: [{ name: 'seconds', type: 'number' }],
  },
  {
    type: 'mail',
    name: 'Mail',
    category: 'People',
    description: 'Writes to somebody',
    into: ANYTHING,
    out: [],
    fields: [
      { name: 'to', type: 'text' },
      { name: 'subject', type: 'text' },
      { name: 'text', type: 'longtext' },
    ],
  },
  {
    type: 'form',
    name: 'Approval',
    category: 'People',
    description: 'Asks somebody to decide',
    into: ANYTHING,
    out: [
      ['approved', 'any', 'Approved'],
      ['rejected', 'any', 'Rejected'],
    ],
    fields: [
      { name: 'assignee', type: 'text' },
      { name: 'urgent', type: 'boolean' },
    ],
  },
];

const TYPES: readonly { name: string; description: string; fits?: readonly string[] }[] = [
  { name: 'request', description: 'A call from outside' },
  { name: 'response', description: 'What another service answers' },
  { name: 'error', description: 'What went wrong' },
];

/** Add common kinds of nodes and the data types they name. What is there already stays. */
export async function addStarterSet(): Promise<void> {
  const there = new Set((await client.dataTypes.list()).map((each) => each.name));
  for (const type of TYPES)
    if (!there.has(type.name)) await client.dataTypes.create({ ...type, fields: [] });
  for (const { into, out, process, ...kind } of KINDS) {
    const handles = { L: side('in', into), R: side('out', out) };
    await client.nodeConfigs.create({ ...kind, version: 1, process: process ?? '', handles });
  }
}

function side(type: 'in' | 'out', ports: Ports): Json {
  const point = ports.map(([id, accept, display]) => ({
    id,
    type,
    accept,
    ...(display && { display }),
  }));
  return { position: 'separate', point };
}
