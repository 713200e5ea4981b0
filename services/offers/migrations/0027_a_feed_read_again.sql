-- The feed of profiles is read again from its beginning, under another name: a process of a version that
-- knows nothing of merged and erased customers may have passed over them, and may still follow under the
-- old name for a while. Reading twice changes nothing. Nobody believes the cache until it is read.

insert into feed_cursor (name, advanced_at) values ('profiles.2', '-infinity')
on conflict on constraint feed_cursor_pkey do nothing;
