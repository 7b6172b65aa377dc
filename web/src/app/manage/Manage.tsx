import { useEffect } from 'react';
import { Missing } from '../pages/Missing';
import { Categories } from './Categories';
import { DataTypesPage } from './DataTypesPage';
import { Images } from './Images';
import { NodeConfigs } from './NodeConfigs';
import { SECTIONS } from './sections';
import { Workspaces } from './Workspaces';

const PAGES = {
  'node-configurations': NodeConfigs,
  'data-types': DataTypesPage,
  categories: Categories,
  images: Images,
  workspaces: Workspaces,
};

/** What workflows are made from, and who may make them. */
export function Manage({ section }: { section: string | undefined }) {
  const found = SECTIONS.find((each) => each.id === section);
  useEffect(() => {
    if (found) document.title = `${found.title} – Nodius`;
  }, [found]);
  if (!found) return <Missing />;
  const Page = PAGES[found.id];
  return <Page />;
}
