import { Panel, useReactFlow, useStore as useFlow } from '@xyflow/react';
import { IconButton } from '../ui/Button';
import { useCanEdit, useOpen, useView } from './context';
import { arrange } from './arrange';
import { whole } from './motion';

/** What one sees of the drawing, and how: at its lower left corner. */
export function Tools() {
  const { view, actions } = useOpen();
  const { zoomIn, zoomOut, fitView, zoomTo } = useReactFlow();
  const zoom = useFlow((state) => state.transform[2]);
  const { grid, minimap } = useView((each) => each);
  const editable = useCanEdit();
  return (
    <Panel position="bottom-left" className="tools" role="toolbar" aria-label="View">
      <IconButton
        compact
        icon="minus"
        label="Zoom out"
        hint="Zoom out (−)"
        onClick={() => void zoomOut()}
      />
      <button
        type="button"
        className="button quiet compact zoom"
        title="Show at full size"
        onClick={() => void zoomTo(1)}
      >
        {Math.round(zoom * 100)}%
      </button>
      <IconButton
        compact
        icon="add"
        label="Zoom in"
        hint="Zoom in (+)"
        onClick={() => void zoomIn()}
      />
      <IconButton
        compact
        icon="fit"
        label="Fit to view"
        hint="Fit to view (F)"
        onClick={() => void fitView(whole())}
      />
      <IconButton
        compact
        icon="grid"
        label="Grid"
        hint="Grid, and snapping to it (G)"
        aria-pressed={grid}
        onClick={() => view.set((before) => ({ ...before, grid: !before.grid }))}
      />
      <IconButton
        compact
        icon="map"
        label="Overview"
        hint="Overview (M)"
        aria-pressed={minimap}
        onClick={() => view.set((before) => ({ ...before, minimap: !before.minimap }))}
      />
      {editable && (
        <IconButton
          compact
          icon="layout"
          label="Arrange automatically"
          hint="Arrange automatically (L)"
          onClick={() => void arrange(actions).then(() => fitView(whole()))}
        />
      )}
    </Panel>
  );
}
