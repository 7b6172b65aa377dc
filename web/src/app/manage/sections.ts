import type { IconName } from '../ui/Icon';

export interface Section {
  id: 'node-configurations' | 'data-types' | 'categories' | 'images' | 'workspaces';
  title: string;
  icon: IconName;
}

/** The pages of the library. */
export const SECTIONS: readonly Section[] = [
  { id: 'node-configurations', title: 'Node configurations', icon: 'settings' },
  { id: 'data-types', title: 'Data types', icon: 'type' },
  { id: 'categories', title: 'Categories', icon: 'tag' },
  { id: 'images', title: 'Images', icon: 'image' },
  { id: 'workspaces', title: 'Workspaces', icon: 'people' },
];
