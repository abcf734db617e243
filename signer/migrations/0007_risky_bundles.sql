-- Trust bundles take two people as well, where they distrust a key or change who may sign bundles.

-- Whether the second person confirms where the signer's data directory is, and not through a portal.
ALTER TABLE second_person ADD COLUMN at_signer BIGINT NOT NULL DEFAULT 0 CHECK (at_signer IN (0, 1));

-- The trust bundle that a proposal is about, by the digest of its payload: the signer goes by such a bundle once a proposal of it is done.
ALTER TABLE proposal ADD COLUMN bundle BYTEA;
CREATE INDEX proposal_bundle ON proposal (bundle) WHERE bundle IS NOT NULL;
