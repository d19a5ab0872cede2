-- What the migrations add up to. Written by the tests; do not edit.

PRAGMA application_id = 1869506927;

CREATE TABLE audit (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    network  TEXT    NOT NULL,
    account  TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    detail   TEXT    NOT NULL
, hour INTEGER, count INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX audit_at ON audit (at);

CREATE UNIQUE INDEX audit_hour ON audit (hour, network, account, owner, action, instance, outcome, detail)
    WHERE hour IS NOT NULL;

CREATE TABLE bindings (
    network    TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    user       TEXT    NOT NULL,
    configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
    at         INTEGER NOT NULL,
    PRIMARY KEY (network, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    network TEXT NOT NULL PRIMARY KEY,
    cursor  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ended (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    owner      TEXT    NOT NULL,
    service    TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ready_at   INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE finished (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE CHECK (key <> ''),
    owner      TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    slot       TEXT    NOT NULL,
    alert      INTEGER NOT NULL CHECK (alert IN (0, 1)),
    due_at     INTEGER NOT NULL,
    stale_at   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('sent', 'skipped', 'given-up')),
    remote_id  TEXT    NOT NULL
) STRICT;

CREATE INDEX finished_due ON finished (due_at);

CREATE INDEX finished_slot ON finished (slot) WHERE state = 'sent';

CREATE TABLE handled (
    network    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    handled_at INTEGER NOT NULL,
    PRIMARY KEY (network, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX handled_at ON handled (handled_at);

CREATE TABLE incoming (
    seq         INTEGER PRIMARY KEY,
    network     TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    raw         BLOB,
    sent_at     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (network, id)
) STRICT;

CREATE TABLE instances (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    owner       TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    network     TEXT    NOT NULL, -- the route of the request
    account     TEXT    NOT NULL,
    chat        TEXT    NOT NULL,
    reply_to    TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    onion_key   TEXT    NOT NULL, -- '' when it must not touch the disk
    clients     TEXT    NOT NULL, -- JSON array of public keys, '' for none
    host_key    TEXT    NOT NULL,
    host_print  TEXT    NOT NULL,
    idle_ms     INTEGER NOT NULL,
    max_visits  INTEGER NOT NULL,
    desired     TEXT    NOT NULL CHECK (desired IN ('running', 'warm', 'gone')),
    state       TEXT    NOT NULL CHECK (state IN ('starting', 'publishing', 'reachable', 'down', 'stopping', 'gone')),
    reason      TEXT    NOT NULL,
    fault       TEXT    NOT NULL,
    visits      INTEGER NOT NULL,
    content     INTEGER NOT NULL,
    repairs     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    ready_at    INTEGER NOT NULL,
    checked_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
, secrets TEXT NOT NULL DEFAULT '') STRICT;

CREATE INDEX instances_alive ON instances (created_at, id) WHERE state <> 'gone';

CREATE UNIQUE INDEX instances_name ON instances (owner, name) WHERE desired = 'running';

CREATE INDEX instances_owner ON instances (owner, name) WHERE state <> 'gone';

CREATE INDEX instances_warm ON instances (service) WHERE desired = 'warm';

CREATE TABLE invites (
    hash          TEXT    NOT NULL PRIMARY KEY CHECK (hash <> ''),
    kind          TEXT    NOT NULL CHECK (kind IN ('invite', 'link')),
    user          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    services      TEXT    NOT NULL, -- JSON array
    max_instances INTEGER NOT NULL,
    max_life_ms   INTEGER NOT NULL,
    per_day       INTEGER NOT NULL,
    storage       INTEGER NOT NULL,
    configured    INTEGER NOT NULL CHECK (configured IN (0, 1)),
    invited_by    TEXT    NOT NULL,
    network       TEXT    NOT NULL, -- where the one who asked for it reads
    account       TEXT    NOT NULL,
    chat          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    UNIQUE (kind, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- of finished notices, too
    key        TEXT    NOT NULL UNIQUE CHECK (key <> ''),
    network    TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    chat       TEXT    NOT NULL,
    reply_to   TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    args       TEXT    NOT NULL, -- JSON object, '' for none
    body       BLOB,
    slot       TEXT    NOT NULL,
    alert      INTEGER NOT NULL CHECK (alert IN (0, 1)),
    due_at     INTEGER NOT NULL,
    stale_at   INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,
    remote_id  TEXT    NOT NULL
) STRICT;

CREATE INDEX notices_due ON notices (max(due_at, next_at));

CREATE INDEX notices_instance ON notices (instance);

CREATE TABLE people (
    name          TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    role          TEXT    NOT NULL CHECK (role IN ('member', 'guest')), -- only the configuration makes operators
    services      TEXT    NOT NULL, -- JSON array
    max_instances INTEGER NOT NULL,
    max_life_ms   INTEGER NOT NULL,
    per_day       INTEGER NOT NULL,
    storage       INTEGER NOT NULL,
    blocked       INTEGER NOT NULL CHECK (blocked IN (0, 1)),
    invited_by    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shares (
    instance TEXT NOT NULL,
    user     TEXT NOT NULL,
    PRIMARY KEY (instance, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX shares_user ON shares (user);

CREATE TABLE user_keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user       TEXT    NOT NULL,
    configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
    line       TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
