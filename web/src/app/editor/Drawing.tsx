import {
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  useStore as useFlow,
  type ReactFlowProps,
} from '@xyflow/react';
import type { ReactNode } from 'react';
import type { FlowEdge, FlowNode } from '../model/flow';
import { classes } from '../ui/Button';
import { StepNode } from './StepNode';

const NODE_TYPES = { step: StepNode };
const SEVERAL = ['Shift', 'Meta', 'Control'];
const FIT = { padding: 0.15, maxZoom: 1 };
const WORDS = {
  'node.a11yDescription.default':
    'Press Enter to select. Arrow keys then move it, and Delete removes it. Its connections are in the panel “Properties”.',
  'node.a11yDescription.keyboardDisabled': 'Press Enter to select.',
  'edge.a11yDescription.default': 'Press Enter to select this connection, Delete to remove it.',
};

interface DrawingProps extends ReactFlowProps<FlowNode, FlowEdge> {
  editable: boolean;
  grid: boolean;
  minimap: boolean;
  label: string;
  children?: ReactNode;
}

/** A workflow as a drawing, to look at or to change. */
export function Drawing({
  editable,
  grid,
  minimap,
  label,
  children,
  className,
  ...flow
}: DrawingProps) {
  return (
    <ReactFlow<FlowNode, FlowEdge>
      {...flow}
      className={classes('drawing', className)}
      aria-label={label}
      nodeTypes={NODE_TYPES}
      nodesDraggable={editable}
      nodesConnectable={editable}
      edgesReconnectable={false}
      onlyRenderVisibleElements
      elevateNodesOnSelect={false}
      minZoom={0.05}
      maxZoom={2}
      fitView
      fitViewOptions={FIT}
      snapToGrid={editable && grid}
      snapGrid={[10, 10]}
      multiSelectionKeyCode={SEVERAL}
      deleteKeyCode={null}
      ariaLabelConfig={WORDS}
      proOptions={{ hideAttribution: false }}
    >
      <Distance />
      {grid && <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />}
      {minimap && (
        <MiniMap pannable zoomable ariaLabel="Overview of the workflow" nodeBorderRadius={12} />
      )}
      {children}
    </ReactFlow>
  );
}

/** From so far away that no text can be read, none is drawn. */
function Distance() {
  const far = useFlow((state) => state.transform[2] < 0.35);
  const root = useFlow((state) => state.domNode);
  root?.classList.toggle('is-far', far);
  return null;
}
