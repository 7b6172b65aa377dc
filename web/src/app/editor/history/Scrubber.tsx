import { IconButton } from '../../ui/Button';
import type { Compare } from './HistoryView';

interface ScrubberProps {
  seq: number;
  newest: number;
  compare: Compare;
  onShow: (seq: number) => void;
  onCompare: (compare: Compare) => void;
}

/** Goes through the states one by one, or in leaps. */
export function Scrubber({ seq, newest, compare, onShow, onCompare }: ScrubberProps) {
  return (
    <div className="scrubber">
      <IconButton
        icon="back"
        label="Previous change"
        disabled={seq <= 0}
        onClick={() => onShow(seq - 1)}
      />
      <input
        type="range"
        aria-label="Change"
        aria-valuetext={seq === 0 ? 'As created' : `After change ${seq} of ${newest}`}
        min={0}
        max={newest}
        value={seq}
        onChange={(event) => onShow(Number(event.target.value))}
      />
      <span className="turned">
        <IconButton
          icon="back"
          label="Next change"
          disabled={seq >= newest}
          onClick={() => onShow(seq + 1)}
        />
      </span>
      <span className="small count">
        {seq} of {newest}
      </span>
      <select
        className="input compare"
        aria-label="Compare with"
        value={compare}
        onChange={(event) => onCompare(event.target.value === 'now' ? 'now' : 'before')}
      >
        <option value="before">What this change did</option>
        <option value="now">Compared with now</option>
      </select>
    </div>
  );
}
