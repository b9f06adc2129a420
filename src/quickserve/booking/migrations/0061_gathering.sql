-- Places that come back are gathered for a group for a time, not until the date.

ALTER TABLE waiting_list ADD COLUMN gathers_until timestamptz;
COMMENT ON COLUMN waiting_list.gathers_until IS
    'Blank until places were kept for it for the first time; after it, none are: it waits on, for enough at once.';
CREATE INDEX waiting_list_gathering ON waiting_list (gathers_until) WHERE state = 'waiting' AND gathers_until IS NOT NULL;
