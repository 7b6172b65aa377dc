import {
  Background,
  BackgroundVariant,
  MiniMap,
  ReactFlow,
  useOnViewportChange,
  useReactFlow,
  useStore as useFlow,
  type ReactFlowProps,
} from '@xyflow/react';
import { useEffect, useRef, type ReactNode } from 'react';
import { firstView } from '../model/firstView';
import type { FlowEdge, FlowNode } from '../model/flow';
import { classes } from '../ui/Button';
import { useOpen } from './context';
import { StepNode } from './StepNode';

const NODE_TYPES = { step: StepNode };
const SEVERAL = ['Shift', 'Meta', 'Control'];
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
  /** Which sheet this is: each is seen again as it was seen last. */
  sheet: string;
  children?: ReactNode;
}

/** A workflow as a drawing, to look at or to change. */
export function Drawing({
  editable,
  grid,
  minimap,
  label,
  sheet,
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
      edgesReconnectable={editable}
      onlyRenderVisibleElements
      elevateNodesOnSelect={false}
      minZoom={0.05}
      maxZoom={2}
      snapToGrid={editable && grid}
      snapGrid={[10, 10]}
      multiSelectionKeyCode={SEVERAL}
      deleteKeyCode={null}
      ariaLabelConfig={WORDS}
      proOptions={{ hideAttribution: false }}
    >
      <Distance />
      <Place sheet={sheet} />
      {grid && <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />}
      {minimap && (
        <MiniMap pannable zoomable ariaLabel="Overview of the workflow" nodeBorderRadius={12} />
      )}
      {children}
    </ReactFlow>
  );
}

/** Whether all that can be seen of a node is that it is there. */
export function isTiny({ transform }: { transform: readonly [number, number, number] }): boolean {
  return transform[2] < 0.2;
}

/** From far away the names alone are drawn, and large; from farther away nothing. */
function Distance() {
  const far = useFlow((state) => state.transform[2] < 0.35);
  const tiny = useFlow(isTiny);
  const root = useFlow((state) => state.domNode);
  useEffect(() => {
    root?.toggleAttribute('data-far', far);
    root?.toggleAttribute('data-tiny', tiny);
  }, [root, far, tiny]);
  return null;
}

/** Shows each sheet as it was seen last; one that was never seen, from where it begins. */
function Place({ sheet }: { sheet: string }) {
  const { viewports } = useOpen();
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const width = useFlow((state) => state.width);
  const height = useFlow((state) => state.height);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (width === 0 || height === 0 || shown.current === sheet) return;
    shown.current = sheet;
    const view = viewports.get(sheet) ?? firstView(flow.getNodes(), { width, height });
    void flow.setViewport(view);
  }, [sheet, width, height, viewports, flow]);
  useOnViewportChange({ onEnd: (view) => viewports.set(shown.current ?? sheet, view) });
  return null;
}
