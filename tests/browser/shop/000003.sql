alter table orders add column sent_at timestamptz;
comment on column orders.sent_at is 'When the parcel left.';
alter table orders add constraint orders_sent check (state <> 'sent' or sent_at is not null);
create index orders_open on orders (placed_at) where state = 'open';

create or replace function order_total(id bigint) returns cents
language sql stable
as $$
  -- An order without lines costs nothing.
  select coalesce(sum(quantity * price), 0)::bigint
  from :SCHEMA.order_lines
  where order_id = id
$$;

create function touch_order() returns trigger
language plpgsql
as $$
begin
  -- A parcel leaves once.
  if new.state = 'sent' and old.state <> 'sent' then
    new.sent_at := now();
  end if;
  return new;
end
$$;
create trigger sent before update of state on orders
  for each row execute function touch_order();
