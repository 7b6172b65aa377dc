import { useReactFlow } from '@xyflow/react';
import { useEffect } from 'react';
import { written } from '../model/clipboard';
import { useOpen } from './context';
import { addPictures } from './drops';
import { isTyping } from './useShortcuts';

/** Have nodes copied, cut and pasted by what the browser has for it; pictures can be pasted too. */
export function useClipboard(): void {
  const { actions } = useOpen();
  const flow = useReactFlow();
  useEffect(() => {
    const middle = () => {
      const box = document.querySelector('.drawing')?.getBoundingClientRect() ?? new DOMRect();
      return flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
    };
    const copy = (event: ClipboardEvent) => {
      if (isTyping(event) || getSelection()?.isCollapsed === false) return;
      const piece = actions.cut();
      if (!piece || !event.clipboardData) return;
      event.preventDefault();
      event.clipboardData.setData('text/plain', written(piece));
      if (event.type === 'cut') actions.removeSelected();
    };
    const paste = (event: ClipboardEvent) => {
      if (isTyping(event) || !event.clipboardData || !actions.canEdit) return;
      const files = [...event.clipboardData.files];
      if (files.length) void addPictures(files, middle(), actions);
      else if (!actions.pasteText(event.clipboardData.getData('text/plain'), null)) return;
      event.preventDefault();
    };
    document.addEventListener('copy', copy);
    document.addEventListener('cut', copy);
    document.addEventListener('paste', paste);
    return () => {
      document.removeEventListener('copy', copy);
      document.removeEventListener('cut', copy);
      document.removeEventListener('paste', paste);
    };
  }, [actions, flow]);
}
