alter table products rename to articles;
