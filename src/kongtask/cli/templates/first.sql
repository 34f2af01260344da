-- The first migration. :SCHEMA stands for the schema's name; a released file is never changed,
-- the next change is the next file.

create table :SCHEMA.accounts (
  id bigint generated always as identity primary key,
  email text not null unique,
  created_at timestamptz not null default now()
);

comment on table :SCHEMA.accounts is 'Who may sign in.';
