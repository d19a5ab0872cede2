// What stands between visitors and the Community Solid Server: only who was
// invited makes an account, no body fills the memory, no header tells the
// host's clock or what runs here, and the server finds itself.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { createHash, timingSafeEqual } = require('node:crypto');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { CreateAccountHandler, ForbiddenHttpError } = require('@solid/community-server');

const hidden = ['date', 'expires', 'x-powered-by'];
const cookie = 'invite';
const refusal = 'Accounts are made with the invitation link, which the owner of this address has.';
const registration = '/.account/login/password/register/';

// Some bodies are read as a whole, before anybody knows whose they are.
const maxWhole = 256 * 1024;
const maxStreamed = 48 * 1024 * 1024;

// What anybody may have the server write down, to register an app and to begin
// a log-in, must not take the room of the pods: so many at once, and one more
// after each pause.
const logIns = { most: 200, pause: 5 * 60 * 1000 };

// openFront has every server and client of this process go through the front.
function openFront({ address, invite, port }) {
  findItself(address, port);
  trustItself(address);
  const invited = guardAccounts();
  const paced = pace(logIns);
  const { createServer } = http;
  http.createServer = (...args) => {
    const server = createServer(...args);
    const { emit } = server;
    server.emit = function(event, req, res) {
      if (event !== 'request') {
        return emit.apply(this, arguments);
      }
      hide(res);
      const asked = plain(req.url);
      return bound(req, res, isWhole(req.method, asked) ? maxWhole : maxStreamed) ||
        paced(res, asked) || welcome(req, res, asked, invite) ||
        invited(isInvited(req, invite), () => emit.apply(this, arguments));
    };
    return server;
  };
}

// findItself leads what the server asks its own address, such as its keys, to
// itself: there is no network here, and no resolver.
function findItself(address, port) {
  http.Agent.prototype.createConnection = (options, done) => {
    const own = options.host === address && Number(options.port || 80) === 80;
    return net.createConnection(own ? { ...options, host: '127.0.0.1', port } : options, done);
  };
}

// trustItself has tokens of the server's own address taken. The library wants
// TLS for all but localhost; what an onion address carries is sealed by Tor.
function trustItself(address) {
  const folder = path.dirname(require.resolve('@solid/access-token-verifier'));
  const checks = require(path.join(folder, 'algorithm/verifySecureUriClaim.js'));
  const { verifySecureUriClaim } = checks;
  checks.verifySecureUriClaim = (uri, claim) => {
    const { protocol, host } = new URL(uri);
    if (protocol !== 'http:' || host !== address) {
      verifySecureUriClaim(uri, claim);
    }
  };
}

// guardAccounts makes the server refuse accounts, by whatever path they are
// asked for, but inside the function that it returns when that is told true.
function guardAccounts() {
  const asks = new AsyncLocalStorage();
  const { login } = CreateAccountHandler.prototype;
  CreateAccountHandler.prototype.login = function(...args) {
    if (asks.getStore() !== true) {
      throw new ForbiddenHttpError(refusal);
    }
    return login.apply(this, args);
  };
  return (may, then) => asks.run(may, then);
}

// pace makes what answers those who would begin more than there is room for.
function pace({ most, pause }) {
  let left = most;
  let since = process.hrtime.bigint();
  return (res, asked) => {
    if (!/\.oidc\/+(reg|auth)/.test(asked)) {
      return false;
    }
    const more = Number(process.hrtime.bigint() - since) / 1e6 / pause;
    left = Math.min(most, left + more);
    since = process.hrtime.bigint();
    if (left >= 1) {
      left -= 1;
      return false;
    }
    res.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': pause / 1000 });
    res.end('Too many log-ins were begun here. Try again in some minutes.\n');
    return true;
  };
}

// welcome answers whoever comes by the invitation link, or wants to register
// without one.
function welcome(req, res, asked, invite) {
  const [, shown] = /^\/\.account\/join\/([^/]*)\/?$/.exec(asked) || [];
  if (shown !== undefined && same(shown, invite)) {
    res.writeHead(303, {
      location: registration,
      'set-cookie': `${cookie}=${invite}; Path=/.account/; HttpOnly; SameSite=Strict`,
      'referrer-policy': 'no-referrer',
    }).end();
    return true;
  }
  if (shown === undefined && (asked !== registration || isInvited(req, invite))) {
    return false;
  }
  res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(`${refusal}\n`);
  return true;
}

function isInvited(req, invite) {
  const [, value] = new RegExp(`(?:^|;\\s*)${cookie}=([^;]*)`).exec(req.headers.cookie || '') || [];
  return value !== undefined && same(value, invite);
}

// same compares in a time that tells nothing.
function same(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

// plain is the path without escapes, or "" if it is none.
function plain(url) {
  try {
    return decodeURIComponent(url.split('?')[0]);
  } catch {
    return '';
  }
}

// isWhole tells which bodies the server reads into memory at once.
function isWhole(method, asked) {
  return method === 'PATCH' || asked === '' || /%|\/\.(account|oidc|notifications|well-known)/.test(asked);
}

// bound answers a request that says it is longer than it may be, and ends one
// that turns out to be, with an error: what was written of it is removed then.
function bound(req, res, most) {
  const refuse = () => {
    if (!res.headersSent) {
      res.writeHead(413, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end('This is more than may be sent at once.\n');
    }
  };
  if (Number(req.headers['content-length']) > most) {
    refuse();
    return true;
  }
  let got = 0;
  const { push } = req;
  req.push = function(chunk, ...rest) {
    got += chunk ? chunk.length : 0;
    if (got > most && !this.destroyed) {
      refuse();
      this.destroy(new Error('The body is too long.'));
    }
    return !this.destroyed && push.call(this, chunk, ...rest);
  };
  return false;
}

// hide takes what tells of the host from an answer.
function hide(res) {
  const { writeHead } = res;
  res.sendDate = false;
  res.writeHead = function(status, ...rest) {
    for (const name of hidden) {
      this.removeHeader(name);
    }
    const last = rest.at(-1);
    if (last && typeof last === 'object' && !Array.isArray(last)) {
      rest[rest.length - 1] = Object.fromEntries(
        Object.entries(last).filter(([name]) => !hidden.includes(name.toLowerCase())),
      );
    }
    return writeHead.call(this, status, ...rest);
  };
}

module.exports = { openFront };
