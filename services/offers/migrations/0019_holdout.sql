-- Who is held out to compare with. The share of a key is settled when the key is first published, and
-- stays, or customers would change sides in the middle of a comparison.

create table holdout (
    holdout_key         text        not null,
    share_basis_points  integer     not null,
    locked_at           timestamptz not null,
    constraint holdout_pkey primary key (holdout_key),
    constraint holdout_share_check check (share_basis_points between 1 and 5000)
);
comment on table holdout is 'The holdouts that were published, each with its share; a row never changes.';
comment on column holdout.holdout_key is 'Names the holdout in the catalogue.';
comment on column holdout.share_basis_points is 'The share of customers who are held out: 10,000 is everybody.';
comment on column holdout.locked_at is 'When a catalogue with it was published first.';

create function holdout_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the share of a holdout never changes';
end
$$;
create trigger holdout_append_only before update or delete on holdout
    for each statement execute function holdout_stays();
