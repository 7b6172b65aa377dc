import { useStore } from '../store';
import { Avatar } from '../ui/people';
import { Menu, MenuItem } from '../ui/Menu';
import { useReactFlow } from '@xyflow/react';
import type { Peer } from '../model/peers';
import { useOpen } from './context';
import { glide } from './motion';

const SHOWN = 4;

/** Who else is here; choosing somebody leads to where they are. */
export function Here() {
  const { peers, actions } = useOpen();
  const flow = useReactFlow();
  const all = useStore(peers.others, (others) => others.all);
  if (all.length === 0) return null;
  const follow = ({ sheet, cursor, nodes }: Peer) => {
    if (sheet && sheet !== actions.sheet) actions.show(sheet);
    if (cursor) void flow.setCenter(cursor.x, cursor.y, { zoom: flow.getZoom(), ...glide() });
    else void flow.fitView({ nodes: nodes.map((id) => ({ id })), maxZoom: 1, ...glide() });
  };
  const words = all.length === 1 ? '1 other is here' : `${all.length} others are here`;
  return (
    <Menu
      label={`${words}: ${all.map((each) => each.name).join(', ')}`}
      buttonClass="quiet here"
      face={
        <>
          {all.slice(0, SHOWN).map((each) => (
            <Avatar key={each.clientId} name={each.name} />
          ))}
          {all.length > SHOWN && <span className="small">+{all.length - SHOWN}</span>}
        </>
      }
    >
      {all.map((each) => (
        <MenuItem key={each.clientId} onClick={() => follow(each)}>
          <span className="row">
            <Avatar name={each.name} /> {each.name}
            {each.field && <span className="muted small">is typing</span>}
          </span>
        </MenuItem>
      ))}
    </Menu>
  );
}
