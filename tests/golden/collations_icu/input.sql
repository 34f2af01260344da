-- needs: icu
create schema app;
create collation app.de (provider = icu, locale = 'de-DE-u-co-phonebk');
create collation app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table app.t (a text collate app.ci unique, b text collate app.de, c text collate "de-x-icu");
