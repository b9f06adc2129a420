-- Two participants of a trip: a seat that is kept and money that is taken. `undone` is their memory
-- of an undo, also of one that came before its do.
CREATE TABLE seats (trip uuid PRIMARY KEY, state text NOT NULL);
CREATE TABLE charges (trip uuid PRIMARY KEY, state text NOT NULL);
