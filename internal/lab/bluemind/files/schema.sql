-- The stand-in's databases, as its first set-up makes them. Run as postgres.
-- variables: password, users, network
CREATE ROLE bj LOGIN PASSWORD :'password';
CREATE ROLE bm_report NOLOGIN;
CREATE DATABASE bj OWNER bj ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
CREATE DATABASE "bj-data" OWNER bj ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
\connect bj
CREATE EXTENSION pg_trgm;
SET ROLE bj;
CREATE TABLE setting (key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE postfix_map (map text, key text, value text NOT NULL, PRIMARY KEY (map, key));
CREATE TYPE entry_kind AS ENUM ('user', 'group', 'resource');
CREATE TABLE directory_entry (
  id serial PRIMARY KEY, uid uuid UNIQUE NOT NULL, kind entry_kind NOT NULL, email text UNIQUE,
  names text[] NOT NULL DEFAULT '{}', attributes jsonb NOT NULL DEFAULT '{}', picture bytea,
  quota numeric(20,3), last_address inet, created timestamptz NOT NULL DEFAULT now(), archived boolean NOT NULL DEFAULT false);
CREATE INDEX directory_entry_email_trgm ON directory_entry USING gin (email gin_trgm_ops);
CREATE VIEW active_user AS SELECT id, email FROM directory_entry WHERE kind = 'user' AND NOT archived;
CREATE SEQUENCE job_number START 1000 INCREMENT 10;
GRANT SELECT ON directory_entry, active_user TO bm_report;
INSERT INTO setting VALUES ('my_networks', :'network'), ('first_set_up', now()::text);
INSERT INTO postfix_map VALUES ('virtual_domains', 'lab.test', 'OK'), ('transport', 'lab.test', 'lmtp:unix:/run/cyrus/socket/lmtp');
INSERT INTO postfix_map SELECT 'virtual_mailbox', 'u' || lpad(i::text, 2, '0') || '@lab.test', 'OK' FROM generate_series(1, :users) i;
INSERT INTO directory_entry (uid, kind, email) SELECT md5('first' || i)::uuid, 'user', 'u' || lpad(i::text, 2, '0') || '@lab.test' FROM generate_series(1, :users) i;
RESET ROLE;
\connect "bj-data"
SET ROLE bj;
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL, kind smallint NOT NULL, body text, changed timestamptz NOT NULL DEFAULT now());
CREATE INDEX item_owner ON item (owner);
CREATE TABLE blob (id int PRIMARY KEY, data bytea NOT NULL);
RESET ROLE;
