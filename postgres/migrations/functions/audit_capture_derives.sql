-- Says whether a generated column is made of one of the columns with these numbers.
-- Since PostgreSQL 15 its expression depends on them, before it was the column.
CREATE OR REPLACE FUNCTION audit_capture_derives(relation oid, number int, columns int[]) RETURNS boolean
	LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
		WHERE d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = relation AND d.refobjsubid = ANY (columns)
			AND (d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = relation AND d.objsubid = number
				OR d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = (SELECT made.oid FROM pg_catalog.pg_attrdef AS made WHERE made.adrelid = relation AND made.adnum = number::int2)))
$$;

REVOKE ALL ON FUNCTION audit_capture_derives(oid, int, int[]) FROM PUBLIC;
