// Has Yjs make what the writers of a Hocuspocus room send, as the load generator speaks no Yjs.
//     node updates.js FOLDER WRITERS UPDATES < {"nodes": {key: {…}}}
// Writes FOLDER/base, the update that makes the document, and FOLDER/0 … one file a writer: its
// updates in order, each behind its length in four bytes.
import { readFileSync, writeFileSync } from 'node:fs';
import * as Y from 'yjs';

const [folder, writers, updates] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0, 'utf8')).nodes;
const keys = Object.keys(given);

const document = new Y.Doc();
document.transact(() => {
  for (const key of keys) {
    document.getMap('nodes').set(key, new Y.Map(Object.entries(given[key])));
  }
});
const base = Y.encodeStateAsUpdate(document);
writeFileSync(`${folder}/base`, base);

for (let writer = 0; writer < Number(writers); writer += 1) {
  const own = new Y.Doc();
  Y.applyUpdate(own, base);
  const made = [];
  own.on('update', (update) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(update.length);
    made.push(size, update);
  });
  for (let number = 0; number < Number(updates); number += 1) {
    const key = keys[(number * Number(writers) + writer) % keys.length];
    own.getMap('nodes').get(key).set('label', `~~${writer}-${number};`);
  }
  writeFileSync(`${folder}/${writer}`, Buffer.concat(made));
}
