-- Years of use, on the source only. Run as postgres. variables: rows
\connect bj
SET ROLE bj;
INSERT INTO setting VALUES ('language', 'fr'), ('quoted', E'it''s "quoted"\twith \\ and a\nnew line'), ('relay', '');
INSERT INTO postfix_map VALUES ('virtual_alias', 'info@lab.test', 'u01@lab.test'), ('virtual_alias', 'postmaster@lab.test', 'u02@lab.test'),
  ('virtual_mailbox', 'info@lab.test', 'OK'), ('virtual_mailbox', 'postmaster@lab.test', 'OK'),
  ('master_relay_transport', 'partner.test', 'error:5.1.2 no relay in the lab');
INSERT INTO directory_entry (uid, kind, email, names, attributes, picture, quota, last_address, created)
  SELECT md5('entry' || i)::uuid, (ARRAY['user','group','resource'])[1 + i % 3]::entry_kind, 'entry' || i || '@lab.test',
    ARRAY['Name ' || i, 'Zoë "' || i || '"', NULL], jsonb_build_object('n', i, 'deep', jsonb_build_array(i, NULL, true)),
    decode(md5(i::text), 'hex'), i * 1.5, ('10.1.' || i % 250 || '.7')::inet, timestamptz '2020-01-01 00:00:00Z' + i * interval '1 hour'
  FROM generate_series(1, 500) i;
SELECT setval('job_number', 4210);
RESET ROLE;
\connect "bj-data"
SET ROLE bj;
INSERT INTO item (owner, kind, body, changed)
  SELECT 'u' || lpad((1 + i % 20)::text, 2, '0'), i % 7, repeat(md5(i::text), 1 + i % 8), timestamptz '2021-01-01 00:00:00Z' + i * interval '1 minute'
  FROM generate_series(1, :rows) i;
INSERT INTO blob SELECT i, decode(repeat(md5(i::text), 64), 'hex') FROM generate_series(1, 50) i;
RESET ROLE;
