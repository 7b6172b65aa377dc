import type { IconName } from '../ui/Icon';

const ICONS: readonly [pattern: RegExp, icon: IconName][] = [
  [/image|photo|picture/i, 'image'],
  [/note|comment|text|template/i, 'note'],
  [/code|script|function/i, 'code'],
  [/http|hook|request|url|api/i, 'link'],
  [/delay|wait|timer|cron|schedule/i, 'wait'],
  [/switch|branch|route|filter|decision/i, 'layout'],
  [/mail|message|chat|sms/i, 'mail'],
  [/data|sql|store|queue|log/i, 'database'],
  [/form|user|approv|person/i, 'user'],
];

/** The picture for a kind of node, by what it is called. */
export function iconOf({ type, kind }: { type: string; kind: string }): IconName {
  return ICONS.find(([pattern]) => pattern.test(type) || pattern.test(kind))?.[1] ?? 'nodes';
}
