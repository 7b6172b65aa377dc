import { sizeOf, titled, type Size } from './graph';
import { arrayOf, objectOf, textOf, type Json, type JsonObject } from './json';
import { portsOf, type DataType, type DataTypes, type Port } from './ports';

/** How a field of a node's data is edited. */
export type FieldKind = 'text' | 'longtext' | 'number' | 'boolean' | 'choice' | 'image' | 'json';

export interface FormField {
  name: string;
  label: string;
  kind: FieldKind;
  options: readonly string[];
  hint: string | null;
}

/** A kind of node: what the palette offers, and what nodes of its type are completed by. */
export interface NodeConfig {
  key: string;
  type: string;
  name: string;
  version: number;
  category: string | null;
  description: string | null;
  workspace: string | null;
  process: string | null;
  /** As the document holds them, to be copied into a new node. */
  handles: Json | undefined;
  ports: readonly Port[];
  size: Size | null;
  data: Json | undefined;
  fields: readonly FormField[];
}

const KINDS: ReadonlySet<string> = new Set<FieldKind>([
  'text',
  'longtext',
  'number',
  'boolean',
  'choice',
  'image',
  'json',
]);
/** What other programs call these kinds. */
const ALSO: Readonly<Record<string, FieldKind>> = {
  string: 'text',
  str: 'text',
  textarea: 'longtext',
  int: 'number',
  integer: 'number',
  float: 'number',
  bool: 'boolean',
  select: 'choice',
  enum: 'choice',
  object: 'json',
  array: 'json',
};

/** A node configuration as the server gives it; fields may also lie in `node`, as originally. */
export function configOf(entry: object): NodeConfig {
  const value = entry as JsonObject;
  const node = objectOf(value['node']) ?? {};
  const handles = value['handles'] ?? node['handles'];
  const data = value['data'] ?? node['data'];
  const version = value['version'];
  return {
    key: textOf(value['_key']) ?? '',
    type: textOf(value['type']) ?? '',
    name: textOf(value['name']) ?? textOf(value['type']) ?? '',
    version: typeof version === 'number' ? version : 1,
    category: textOf(value['category']),
    description: textOf(value['description']),
    workspace: textOf(value['workspace']),
    process: textOf(value['process']) ?? textOf(node['process']),
    handles,
    ports: portsOf(handles),
    size: sizeOf(value['size'] ?? node['size']),
    data,
    fields: fieldsOf(value['fields'], data),
  };
}

function fieldsOf(described: unknown, data: Json | undefined): readonly FormField[] {
  const given = arrayOf(described)
    .map(objectOf)
    .flatMap((each) => fieldOf(each) ?? []);
  return given.length ? given : guessedFields(data);
}

function fieldOf(value: JsonObject | null): FormField | null {
  const name = textOf(value?.['name']);
  if (!value || !name) return null;
  const type = textOf(value['type']) ?? 'text';
  return {
    name,
    label: textOf(value['label']) ?? titled(name),
    kind: KINDS.has(type) ? (type as FieldKind) : (ALSO[type] ?? 'text'),
    options: arrayOf(value['options']).filter((each) => typeof each === 'string'),
    hint: textOf(value['hint']) ?? textOf(value['description']),
  };
}

/** The fields that a form for this data has where nobody has described one. */
export function guessedFields(data: unknown): FormField[] {
  return Object.entries(objectOf(data) ?? {}).map(([name, value]) => ({
    name,
    label: titled(name),
    kind: kindOf(value),
    options: [],
    hint: null,
  }));
}

function kindOf(value: Json): FieldKind {
  if (typeof value === 'string')
    return value.length > 60 || value.includes('\n') ? 'longtext' : 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'json';
}

/** Node configurations by type: the newest version, and each by `type@version`. */
export function byType(configs: readonly NodeConfig[]): ReadonlyMap<string, NodeConfig> {
  const found = new Map<string, NodeConfig>();
  for (const each of configs) {
    found.set(`${each.type}@${each.version}`, each);
    const newest = found.get(each.type);
    if (!newest || newest.version <= each.version) found.set(each.type, each);
  }
  return found;
}

/** The configuration that a node of the document has. */
export function configFor(node: Json, configs: ReadonlyMap<string, NodeConfig>): NodeConfig | null {
  const value = objectOf(node);
  const type = textOf(value?.['type']) ?? '';
  const version = value?.['typeVersion'];
  return (
    configs.get(`${type}@${typeof version === 'number' ? version : ''}`) ??
    configs.get(type) ??
    null
  );
}

/** Data types by key and by name; a name that two have is that of the older one. */
export function dataTypesOf(entries: readonly object[]): DataTypes {
  const found = new Map<string, DataType>();
  for (const entry of entries) {
    const value = entry as JsonObject;
    const [key, name] = [textOf(value['_key']), textOf(value['name'])];
    if (!key || !name) continue;
    const fits = arrayOf(value['fits']).filter((each) => typeof each === 'string');
    const type = { key, name, fits };
    found.set(key, type);
    if (!found.has(name)) found.set(name, type);
  }
  return found;
}
