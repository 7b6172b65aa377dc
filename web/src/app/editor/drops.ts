import { client } from '../account';
import type { NodeConfig } from '../model/configs';
import type { Point } from '../model/edits';
import type { Json, JsonObject } from '../model/json';
import { said } from '../useLoaded';
import { tell } from '../ui/toasts';
import type { Actions } from './actions';
import type { Library } from './library';
import { stockOf } from './stock';

/** What the palette gives along when one of its entries is dragged. */
export const DRAGGED = 'application/x-nodius-stock';

/** Take what was dropped on the canvas: an entry of the palette, or pictures. */
export async function dropped(
  from: DataTransfer,
  at: Point,
  actions: Actions,
  library: Library,
): Promise<void> {
  if (!actions.canEdit) return;
  const id = from.getData(DRAGGED);
  const entry = id
    ? stockOf(library.configs, actions.graph).find((each) => each.id === id)
    : undefined;
  if (entry) {
    const { width, height } = entry.size;
    actions.addNode(entry.node, { x: at.x - width / 2, y: at.y - height / 2 });
    return;
  }
  await addPictures([...from.files], at, actions);
}

/** Upload pictures, and show each in a node of its own. */
export async function addPictures(
  files: readonly File[],
  at: Point,
  actions: Actions,
): Promise<void> {
  for (const [number, file] of files.filter((each) => each.type.startsWith('image/')).entries()) {
    try {
      const { imageKey, name, width, height } = await client.images.upload(
        file,
        undefined,
        await actions.workspace(),
      );
      const node = pictureNode(imageKey, name, width, height);
      actions.addNode(node, { x: at.x + 40 * number, y: at.y + 40 * number });
    } catch (error) {
      tell('danger', `${file.name} was not added`, said(error));
    }
  }
}

function pictureNode(image: string, name: string, width: number, height: number): JsonObject {
  const shown = 260;
  const tall = Math.min(400, Math.max(60, Math.round((shown * height) / Math.max(1, width))));
  return {
    type: 'image',
    name: name.replace(/\.\w+$/, ''),
    size: { width: shown, height: tall + 44 },
    handles: {},
    data: { image },
  };
}

/** A new node of this configuration, as the document holds it. */
export function nodeOf(config: NodeConfig): JsonObject {
  const node: Record<string, Json> = { type: config.type, name: config.name };
  if (config.version !== 1) node['typeVersion'] = config.version;
  if (config.size) node['size'] = { ...config.size };
  if (config.handles !== undefined) node['handles'] = config.handles;
  node['data'] = config.data ?? {};
  return node;
}
