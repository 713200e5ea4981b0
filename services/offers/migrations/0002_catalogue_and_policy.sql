-- The published versions of the catalogue and of the policy: the files of their authors, made
-- immutable. What a decision was made with can always be read again.

create table publication (
    kind          text        not null,
    version       bigint      not null,
    digest        bytea       not null,
    files         text        not null,
    published_by  text        not null,
    note          text        not null,
    published_at  timestamptz not null,
    constraint publication_pkey primary key (kind, version),
    constraint publication_kind_check check (kind in ('catalogue', 'policy')),
    constraint publication_version_check check (version > 0),
    constraint publication_digest_check check (octet_length(digest) = 32)
);
comment on table publication is 'One published version of the catalogue or the policy; never changed. The highest version of a kind is in force.';
comment on column publication.kind is 'What was published.';
comment on column publication.version is 'From one, without gaps within a kind.';
comment on column publication.digest is 'SHA-256 of the files; publishing what is in force already makes no version.';
comment on column publication.files is 'The files as JSON: name and text of each, as written.';
comment on column publication.published_by is 'Who published it.';
comment on column publication.note is 'Why.';
comment on column publication.published_at is 'When.';
