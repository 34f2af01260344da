comment on schema :SCHEMA is 'A shop that sells things and sends them.

Money is kept in cents, times are in UTC.';

create type order_state as enum ('open', 'paid', 'sent', 'returned');

create domain cents as bigint check (value >= 0);
comment on domain cents is 'An amount of money.';

create table customers (
  id bigint generated always as identity primary key,
  email text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);
comment on table customers is 'Who buys.';
comment on column customers.email is 'Where receipts go; also what a customer signs in with.';

create table products (
  id bigint generated always as identity primary key,
  sku text not null unique,
  title text not null,
  price cents not null,
  attributes jsonb not null default '{}'
);
comment on table products is 'What is sold.';
create index products_attributes on products using gin (attributes);

create table orders (
  id bigint generated always as identity primary key,
  customer_id bigint not null references customers on delete restrict,
  state order_state not null default 'open',
  placed_at timestamptz not null default now(),
  note text
);
comment on table orders is 'One purchase, from basket to door.';
create index orders_customer on orders (customer_id, placed_at desc);

create table order_lines (
  order_id bigint not null references orders on delete cascade,
  product_id bigint not null references products,
  quantity int not null check (quantity > 0),
  price cents not null,
  primary key (order_id, product_id)
);
comment on table order_lines is 'What an order is made of, at the price of that day.';

create function order_total(id bigint) returns cents
language sql stable
as $$
  select coalesce(sum(quantity * price), 0) from :SCHEMA.order_lines where order_id = id
$$;
comment on function order_total is 'What an order costs in all.';

create table old_baskets (id int primary key, content text);
