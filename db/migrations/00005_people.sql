-- +goose Up

-- Users that are not in the configuration.
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

-- Accounts of networks that belong to users of either kind: one of the store
-- never stands for one of the configuration that has the same name.
CREATE TABLE bindings (
    network    TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    user       TEXT    NOT NULL,
    configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
    at         INTEGER NOT NULL,
    PRIMARY KEY (network, account)
) STRICT, WITHOUT ROWID;

-- Codes that were given out and not used yet, as hashes.
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

-- Public keys that users gave in a chat.
CREATE TABLE user_keys (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user       TEXT    NOT NULL,
    configured INTEGER NOT NULL CHECK (configured IN (0, 1)),
    line       TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

-- Who may look after somebody else's instance. It goes with the instance.
CREATE TABLE shares (
    instance TEXT NOT NULL,
    user     TEXT NOT NULL,
    PRIMARY KEY (instance, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX shares_user ON shares (user);
