-- +goose Up

-- JSON object of the secrets that were made for an instance, by name; '' for none.
ALTER TABLE instances ADD COLUMN secrets TEXT NOT NULL DEFAULT '';
