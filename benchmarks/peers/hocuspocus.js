// Hocuspocus as its documentation starts it: documents in memory, one process.
//     node hocuspocus.js PORT FOLDER     every document starts as FOLDER/base
import { readFileSync } from 'node:fs';
import { Server } from '@hocuspocus/server';
import * as Y from 'yjs';

const [port, folder] = process.argv.slice(2);
const base = readFileSync(`${folder}/base`);

const server = new Server({
  address: '127.0.0.1',
  port: Number(port),
  quiet: true,
  async onLoadDocument({ document }) {
    Y.applyUpdate(document, base);
  },
});
server.listen();
