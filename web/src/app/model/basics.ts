import { configOf } from './configs';
import type { JsonObject } from './json';

const IN: JsonObject = { position: 'separate', point: [{ id: 'in', type: 'in', accept: 'any' }] };
const OUT: JsonObject = {
  position: 'separate',
  point: [{ id: 'out', type: 'out', accept: 'any' }],
};
const EITHER: JsonObject = {
  position: 'separate',
  point: [
    { id: 'yes', type: 'out', accept: 'any', display: 'Yes' },
    { id: 'no', type: 'out', accept: 'any', display: 'No' },
  ],
};

/** What is always there, whatever has been configured. A configuration of the same type goes before. */
export const BASICS = [
  { type: 'step', name: 'Step', handles: { L: IN, R: OUT }, data: {} },
  {
    type: 'decision',
    name: 'Decision',
    handles: { L: IN, R: EITHER },
    data: { question: '' },
    fields: [{ name: 'question', type: 'longtext' }],
  },
  {
    type: 'note',
    name: 'Note',
    handles: {},
    size: { width: 220, height: 110 },
    data: { text: '' },
    fields: [{ name: 'text', type: 'longtext' }],
  },
  {
    type: 'image',
    name: 'Image',
    handles: {},
    size: { width: 260, height: 200 },
    data: { image: null },
    fields: [{ name: 'image', type: 'image', label: 'Picture' }],
  },
].map((each) => configOf({ _key: `basic-${each.type}`, category: 'Basic', ...each }));
