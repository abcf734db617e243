-- Which record it is: an identity that `init` draws, and that stands in the witness beside the keys too. Keys and witness of one record
-- are never used with the store of another, though both be the same vendor's. A record from before has none, and gets none.
ALTER TABLE vendor ADD COLUMN id TEXT NOT NULL DEFAULT '';
