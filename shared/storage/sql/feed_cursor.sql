-- How far this service has followed another service's feed, and which process does it.
-- Copy into the first migration of a service; storage::feed_cursor reads and writes it.
create table feed_cursor (
    name             text not null,
    position         text not null default '',
    holder           text,
    lease_expires_at timestamptz,
    advanced_at      timestamptz not null default now(),
    constraint feed_cursor_pkey primary key (name)
);

comment on table feed_cursor is 'One row per feed and shard that this service follows';
comment on column feed_cursor.name is 'Names the feed and shard';
comment on column feed_cursor.position is 'Opaque position after the last message that was applied; empty at the start';
comment on column feed_cursor.holder is 'Process that follows the feed now';
comment on column feed_cursor.lease_expires_at is 'When another process may take over';
comment on column feed_cursor.advanced_at is 'When the position last moved; tells how far the follower lags';
