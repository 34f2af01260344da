do $$ begin create role kt_reader; exception when duplicate_object then null; end $$;
do $$ begin create role "kt Writer""x"; exception when duplicate_object then null; end $$;
-- the schema
create schema app;
create table app.t (id int, owner text, shared boolean);
create table app.other (id int, owner text);
create function app.me() returns text language sql stable as 'select current_user::text';
alter table app.t enable row level security;
create policy all_ on app.t;
create policy sel on app.t for select using (owner = app.me());
create policy ins on app.t for insert with check (owner = current_user);
create policy upd on app.t as restrictive for update to kt_reader, "kt Writer""x", public using (shared) with check (not shared);
create policy del on app.t for delete to "kt Writer""x", kt_reader using (exists (select 1 from app.other o where o.id = t.id and o.owner = current_user));
create policy cur on app.other to current_user using (true);
comment on policy sel on app.t is 'a policy';
