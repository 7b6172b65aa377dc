import { useRef, useState } from 'react';
import { Canvas } from './Canvas';
import { useCanEdit, useGraph, useView } from './context';
import { Header } from './Header';
import { Help } from './Help';
import { Inspector } from './inspector/Inspector';
import { Palette } from './Palette';
import { SheetTabs } from './SheetTabs';
import { OfflineBanner } from './Status';
import { useClipboard } from './useClipboard';
import { useShortcuts } from './useShortcuts';
import { Icon } from '../ui/Icon';

/** The workflow as one works on it. */
export function Workbench() {
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const editable = useCanEdit();
  const { palette, panel } = useView((view) => view);
  useShortcuts({ search, onHelp: () => setHelp(true) });
  useClipboard();
  return (
    <div className="workbench">
      <Header onHelp={() => setHelp(true)} />
      <OfflineBanner />
      <div className="bench">
        {editable && palette && <Palette search={search} />}
        <main className="stage" aria-label="Canvas">
          <div className="stage-canvas">
            <Canvas />
            <Invitation />
          </div>
          <SheetTabs />
        </main>
        {panel && <Inspector />}
      </div>
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

/** What to do with an empty canvas. */
function Invitation() {
  const graph = useGraph();
  const editable = useCanEdit();
  if (Object.keys(graph.nodes).length > 0) return null;
  return (
    <div className="invitation">
      <Icon name="nodes" size={40} />
      <h2>An empty canvas</h2>
      <p>
        {editable
          ? 'Drag a node from the palette to here, or press it. Pictures can be dropped and pasted too.'
          : 'Nobody has drawn anything here yet.'}
      </p>
    </div>
  );
}
