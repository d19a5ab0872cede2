// Makes an account, a pod and a token on a Solid server as its pages do, then
// writes and reads the pod with the Solid project's own client library:
// solid.mjs ADDRESS INVITE. It runs under torsocks.
import * as solid from '@inrupt/solid-client';
import { Session } from '@inrupt/solid-client-authn-node';

const [, , address, invite] = process.argv;
const base = `http://${address}/`;

async function json(url, { body, ...options } = {}) {
  const headers = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...options.headers };
  const res = await fetch(url, { redirect: 'manual', ...options, headers, body: body && JSON.stringify(body) });
  const text = await res.text();
  if (options.method && res.status >= 400) {
    console.log(`${options.method}: ${text}`);
  }
  return { status: res.status, headers: res.headers, body: /json/.test(res.headers.get('content-type')) && JSON.parse(text) };
}

async function makeAccount() {
  const { body: open } = await json(`${base}.account/`);
  const create = open.controls.account.create;
  const refused = await json(create, { method: 'POST' });
  console.log(`account without an invitation: ${refused.status}`);
  const join = await json(`${base}.account/join/${invite}/`);
  const cookie = join.headers.get('set-cookie').split(';')[0];
  console.log(`invitation link: ${join.status} to ${join.headers.get('location')}`);
  const { status, body } = await json(create, { method: 'POST', headers: { cookie } });
  console.log(`account with it: ${status}`);
  return { authorization: `CSS-Account-Token ${body.authorization}` };
}

async function makePod(headers) {
  const { controls } = (await json(`${base}.account/`, { headers })).body;
  const post = async (url, body) => (await json(url, { method: 'POST', headers, body })).body;
  await post(controls.password.create, { email: 'ann@onion.example', password: 'a password of mine' });
  const { pod, webId } = await post(controls.account.pod, { name: 'ann' });
  const token = await post(controls.account.clientCredentials, { name: 'test', webId });
  console.log(`pod ${pod}`);
  return { pod, webId, token };
}

const front = await fetch(base);
const telling = ['server', 'date', 'expires', 'x-powered-by'].filter((name) => front.headers.has(name));
console.log(`headers that tell of the host: ${telling.join(', ') || 'none'}`);

const { pod, webId, token } = await makePod(await makeAccount());
const session = new Session();
await session.login({ clientId: token.id, clientSecret: token.secret, oidcIssuer: base, tokenType: 'DPoP' });
console.log(`logged in: ${session.info.isLoggedIn}, as ${session.info.webId === webId ? 'the pod owner' : session.info.webId}`);
const mine = { fetch: session.fetch };

const thing = solid.buildThing({ name: 'one' }).addStringNoLocale('http://schema.org/text', 'written through Tor').build();
await solid.saveSolidDatasetAt(`${pod}notes/note.ttl`, solid.setThing(solid.createSolidDataset(), thing), mine);
const read = solid.getThing(await solid.getSolidDataset(`${pod}notes/note.ttl`, mine), `${pod}notes/note.ttl#one`);
console.log(`read: ${solid.getStringNoLocale(read, 'http://schema.org/text')}`);
await solid.overwriteFile(`${pod}hello.txt`, new Blob(['hello from a pod']), { contentType: 'text/plain', ...mine });
console.log(`file: ${await (await solid.getFile(`${pod}hello.txt`, mine)).text()}`);

const stranger = (url) => fetch(url).then((res) => res.status);
console.log(`a stranger reads it: ${await stranger(`${pod}hello.txt`)}`);
await solid.universalAccess.setPublicAccess(`${pod}hello.txt`, { read: true }, mine);
console.log(`a stranger reads what is public: ${await stranger(`${pod}hello.txt`)}, and writes it: ${
  (await fetch(`${pod}hello.txt`, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } })).status}`);
const big = await session.fetch(`${pod}big`, { method: 'PUT', body: 'x'.repeat(50 * 1024 * 1024), headers: { 'content-type': 'text/plain' } }).then((res) => res.status, (err) => err.message);
console.log(`more than there is room for: ${big}`);
console.log(`afterwards: ${await stranger(`${pod}hello.txt`)}`);
process.exit(0);
