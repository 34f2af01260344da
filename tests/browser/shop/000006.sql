alter table articles add column weight int check (weight > 0);
comment on column articles.weight is 'In grams; unknown for what is sent as a file.';
create table reviews (
  id bigint generated always as identity primary key,
  article_id bigint not null references articles on delete cascade,
  customer_id bigint references customers on delete set null,
  stars smallint not null check (stars between 1 and 5),
  words text not null default '',
  replies_to bigint references reviews,
  unique (article_id, customer_id)
);
comment on table reviews is 'What customers say of articles.';
