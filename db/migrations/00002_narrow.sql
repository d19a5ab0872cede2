-- +goose Up

-- What a command asks for: the instances of one owner, by name; an address
-- that was published ahead of time.
CREATE INDEX instances_owner ON instances (owner, name) WHERE state <> 'gone';

CREATE INDEX instances_warm ON instances (service) WHERE desired = 'warm';
