-- +goose Up

-- What has to be unreadable once it is erased is kept in tables that stay
-- small, so that they can be written anew after each end: instances, notices,
-- incoming, cursors, settings. What grows with the months never holds any of it.

-- What is left of an instance when nothing of it is left.
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

INSERT INTO ended
SELECT id, owner, service, reason, created_at, expires_at, ready_at, checked_at, ended_at, updated_at
FROM instances WHERE state = 'gone';

DELETE FROM instances WHERE state = 'gone';

-- A notice that is no longer pending. Its key stays, so that it is never sent
-- again.
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

INSERT INTO finished
SELECT id, key, owner, instance, kind, slot, alert, due_at, stale_at, next_at, attempts, state, remote_id
FROM notices WHERE state <> 'pending';

CREATE INDEX finished_due ON finished (due_at);
CREATE INDEX finished_slot ON finished (slot) WHERE state = 'sent';

ALTER TABLE notices RENAME TO notices_before;

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

INSERT INTO notices
SELECT id, key, network, account, chat, reply_to, owner, instance, kind, args, body,
    slot, alert, due_at, stale_at, next_at, attempts, remote_id
FROM notices_before WHERE state = 'pending';

-- No ID is drawn twice: the sequence goes on where it was.
DELETE FROM sqlite_sequence WHERE name = 'notices';
INSERT INTO sqlite_sequence (name, seq) SELECT 'notices', seq FROM sqlite_sequence WHERE name = 'notices_before';

DROP TABLE notices_before;

CREATE INDEX notices_due ON notices (max(due_at, next_at));
CREATE INDEX notices_instance ON notices (instance);

-- An entry that stands for many: one for each hour in which the same happened.
ALTER TABLE audit ADD COLUMN hour INTEGER; -- its beginning; NULL for an entry that stands for itself
ALTER TABLE audit ADD COLUMN count INTEGER NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX audit_hour ON audit (hour, network, account, owner, action, instance, outcome, detail)
    WHERE hour IS NOT NULL;
