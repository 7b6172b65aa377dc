// ShareDB as its README starts it: documents in memory, one process.
//     node sharedb.js PORT
import http from 'node:http';
import WebSocketJSONStream from '@teamwork/websocket-json-stream';
import ShareDB from 'sharedb';
import { WebSocketServer } from 'ws';

const backend = new ShareDB();
const server = http.createServer();
new WebSocketServer({ server }).on('connection', (socket) => {
  const stream = new WebSocketJSONStream(socket);
  // What was to be sent to a client that has gone would end the process otherwise.
  stream.on('error', () => {});
  backend.listen(stream);
});
server.listen(Number(process.argv[2]), '127.0.0.1');
