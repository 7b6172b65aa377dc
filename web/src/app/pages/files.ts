import { client } from '../account';
import type { NewWorkflow } from '../../client';
import { objectOf, textOf, type JsonObject } from '../model/json';

/** What is kept of a workflow outside of the server. */
export async function exported(key: string): Promise<NewWorkflow> {
  const { name, category, description, data, nodes, edges } = await client.workflows.get(key);
  return {
    name,
    category,
    description,
    data,
    nodes: byKey(nodes),
    edges: byKey(edges),
  } as NewWorkflow;
}

function byKey(parts: unknown): unknown {
  if (!Array.isArray(parts)) return parts;
  return Object.fromEntries(
    (parts as JsonObject[]).map(({ _key, ...rest }) => [String(_key), rest]),
  );
}

/** The workflow in a file that was exported here, or as the server gives it. Throws what is wrong. */
export function imported(text: string, fileName: string): NewWorkflow {
  let value: JsonObject | null;
  try {
    value = objectOf(JSON.parse(text));
  } catch {
    throw new Error(`${fileName} is not JSON. Choose a file that was exported here.`);
  }
  const workflow = objectOf(value?.['workflow']) ?? value;
  if (!workflow || (workflow['nodes'] === undefined && workflow['name'] === undefined)) {
    throw new Error(`${fileName} holds no workflow. Choose a file that was exported here.`);
  }
  const name = textOf(workflow['name']) ?? fileName.replace(/\.json$/i, '');
  const { category = null, description = null, data = {}, nodes = {}, edges = {} } = workflow;
  return { name, category, description, data, nodes, edges } as NewWorkflow;
}

/** Have the browser keep a text as a file. */
export function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  // The download has begun by then, whatever the browser.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  const words = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return `${words.slice(0, 80) || 'workflow'}.json`;
}

/** Have the user choose a file; never answers if they choose none. */
export function chosenFile(accept: string): Promise<File> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file) resolve(file);
    });
    input.click();
  });
}
