-- What was learnt of offers, in versions. Every process serves the newest, and a decision names the one
-- it was drawn with, so that it can be decided again for as long as its record is kept.

create table learned (
    version            bigint           not null,
    made_at            timestamptz      not null,
    catalogue_version  bigint           not null,
    evidence           jsonb            not null,
    price              double precision not null,
    seed               bigint           not null,
    constraint learned_pkey primary key (version),
    constraint learned_version_check check (version > 0),
    constraint learned_price_check check (price >= 0 and price < 'infinity')
);
comment on table learned is 'One version of what was learnt; never changed. The highest is in use.';
comment on column learned.version is 'From one, without gaps.';
comment on column learned.made_at is 'When it was made.';
comment on column learned.catalogue_version is 'The catalogue in force then.';
comment on column learned.evidence is 'For each segment and arm how many came to each stage and how many passed it; old calls count in part.';
comment on column learned.price is 'What a unit of a budget must return beside itself; zero where there is enough.';
comment on column learned.seed is 'The seed of its draws, so that every process draws the same.';

create function learned_stays() returns trigger language plpgsql as $$
begin
    raise exception 'a version of what was learnt never changes';
end
$$;
create trigger learned_append_only before update or delete on learned
    for each statement execute function learned_stays();
