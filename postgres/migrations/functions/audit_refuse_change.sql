-- Refuses a change of an entry. The error has the code of a missing privilege, so
-- that a refusal looks the same either way.
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'audit entries are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
		USING ERRCODE = 'insufficient_privilege',
		      HINT = 'Correct a wrong entry by recording another one. Old entries go by whole partitions.';
END
$$;
