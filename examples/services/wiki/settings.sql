-- Who has not logged in sees the log-in page and nothing else; members read and
-- write the wiki and the forum. Nobody is remembered by an address.
UPDATE user SET cap = '' WHERE login IN ('nobody', 'anonymous', 'reader');
UPDATE user SET cap = 'ehijkmnoprstwz234C' WHERE login = 'developer';
REPLACE INTO config(name, value, mtime) VALUES
  ('project-name', 'Wiki', now()),
  ('project-description', 'Kept in memory; gone when the address ends.', now()),
  -- nothing is loaded from elsewhere, whatever a page names
  ('default-csp', 'default-src ''self'' data:; script-src ''self'' ''nonce-$nonce''; style-src ''self'' ''unsafe-inline''; img-src ''self'' data:', now()),
  ('index-page', '/wcontent', now()),
  ('default-perms', 'v', now()),
  ('self-register', '0', now()),
  ('access-log', '0', now()),
  ('admin-log', '0', now()),
  ('timeline-utc', '1', now()),
  ('auto-captcha', '0', now()),
  ('mainmenu', 'Wiki /wcontent * {}' || char(10) || 'Forum /forum * {}' || char(10) ||
    'Timeline /timeline * {}' || char(10) || 'Admin /setup s {}' || char(10), now());
