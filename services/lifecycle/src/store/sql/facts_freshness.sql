select (select count(*) from set_aside_customer) as "set_aside_count!",
       (select extract(epoch from now() - advanced_at)::double precision
        from feed_cursor where name = $1) as seconds_since_advance
