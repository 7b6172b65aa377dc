import { client } from '../account';
import { BASICS } from '../model/basics';
import { byType, configOf, dataTypesOf, type NodeConfig } from '../model/configs';
import type { DataTypes } from '../model/ports';

/** What workflows are made from. */
export interface Library {
  configs: readonly NodeConfig[];
  byType: ReadonlyMap<string, NodeConfig>;
  types: DataTypes;
}

export const EMPTY: Library = { configs: [], byType: byType(BASICS), types: new Map() };

/** Node configurations and data types that one may see. */
export async function loadLibrary(): Promise<Library> {
  const [entries, types] = await Promise.all([client.nodeConfigs.list(), client.dataTypes.list()]);
  const configs = entries.map(configOf);
  return { configs, byType: byType([...BASICS, ...configs]), types: dataTypesOf(types) };
}
