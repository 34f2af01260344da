create table payments (
  id bigint generated always as identity,
  order_id bigint not null references orders,
  paid_at timestamptz not null,
  amount cents not null,
  method text not null default 'card',
  primary key (id, paid_at)
) partition by range (paid_at);
comment on table payments is 'Money that came in, a partition a year.';
create table payments_2025 partition of payments for values from ('2025-01-01') to ('2026-01-01');
create table payments_2026 partition of payments for values from ('2026-01-01') to ('2027-01-01');

create view open_orders as
  select orders.id, customers.email, orders.placed_at
  from orders join customers on customers.id = orders.customer_id
  where orders.state = 'open';
comment on view open_orders is 'Orders that nobody has paid yet.';
