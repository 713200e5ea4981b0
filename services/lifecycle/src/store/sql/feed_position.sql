select position from feed_cursor where name = $1
