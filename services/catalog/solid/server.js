// Starts the Community Solid Server that compile.js has put together, behind
// front.js. Its address is that of the onion, given in the environment.
'use strict';

const { openFront } = require('./front.js');

const { ADDRESS: address, INVITE: invite, DATA: data, PORT: port } = process.env;

openFront({ address, invite, port: Number(port) });

const values = {
  baseUrl: `http://${address}/`,
  port: Number(port),
  rootFilePath: data,
  showStackTrace: false,
  workers: 1,
  socket: '',
  confirmMigration: false,
  seedConfig: undefined,
};
const variables = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [`urn:solid-server:default:variable:${name}`, value]),
);

require('./compiled.js')(variables).start().catch((err) => {
  console.error(err);
  process.exit(1);
});
