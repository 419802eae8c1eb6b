-- What capture by triggers shares. Admin.Watch makes a function and triggers
-- for each watched table; these are called by them, and by nobody else: they
-- run with the rights of the log's owner, so EXECUTE is taken from PUBLIC below.
--
-- A change must look alike whether the application recorded it or a trigger
-- did, so these follow the rules of the Go package: names, paths, the order of
-- changes, redaction, sort keys, marks. Tests compare the two.
--
-- The functions find each other by the search_path of the function that Watch
-- makes: pg_catalog, then the log's schema, then pg_temp. A role that may CREATE
-- in the log's schema could make functions and operators there that fit better
-- than PostgreSQL's and would run with the owner's rights. Watch and Check refuse
-- such a role, and nothing here depends on it: functions are qualified, and the
-- operands of an operator have exactly the types that PostgreSQL's own takes.
-- That is why keys of JSON are written as text 'key'. A test makes every other.

-- What the transaction's setting audit.context tells.
CREATE TYPE audit_capture_context AS (
		org_id       text,
		actor_kind   text,
		actor_id     text,
		actor_email  text,
		on_behalf_of text,
		ip           text,
		ip_key       text,
		request_id   text,
		user_agent   text,
		metadata     jsonb
);

-- At most so many bytes of a text, never half a character.
CREATE FUNCTION audit_capture_cut(whole text, most int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE	bytes bytea;
BEGIN
	IF pg_catalog.octet_length(whole) <= most THEN
		RETURN whole;
	END IF;
	bytes := pg_catalog.convert_to(whole, 'UTF8');
	WHILE most > 0 AND pg_catalog.get_byte(bytes, most) BETWEEN 128 AND 191 LOOP
		most := most - 1;
	END LOOP;
	RETURN pg_catalog.convert_from(substring(bytes FROM 1 FOR most), 'UTF8');
END
$$;

-- A text that entries are looked up by, as the log keeps it. One that is too
-- long is cut, and a digest keeps two of them apart. stored.Key is the same in Go.
CREATE FUNCTION audit_capture_key(whole text, most int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF pg_catalog.octet_length(whole) <= most THEN
		RETURN whole;
	END IF;
	RETURN audit_capture_cut(whole, most - 11) || '…' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(whole, 'UTF8')), 'hex'), 8);
END
$$;

-- What the metadata keeps of a text that is too long for its column: all of a
-- key, unless that is far too long, and the size of others.
CREATE FUNCTION audit_capture_whole(metadata jsonb, field text, whole text, is_key boolean) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(metadata, '{}'::jsonb) || pg_catalog.jsonb_build_object('$audit', coalesce(metadata -> text '$audit', '{}'::jsonb) || pg_catalog.jsonb_build_object(field,
		CASE WHEN is_key AND pg_catalog.octet_length(whole) <= 65536 THEN pg_catalog.to_jsonb(whole) ELSE pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', pg_catalog.octet_length(whole)) END))
$$;

-- The setting audit.context, which postgres.SetContext makes. No field of the
-- answer is NULL but the metadata, and the ID of an actor that is the
-- database's role.
CREATE FUNCTION audit_capture_told(given text) RETURNS audit_capture_context
	LANGUAGE plpgsql STABLE AS $$
DECLARE	told jsonb;
		address inet;
		metadata jsonb;
		part record;
BEGIN
	-- Whoever can run SQL can set anything. What cannot be read must neither
	-- stop their change nor pass for an actor.
	BEGIN
		told := CASE WHEN pg_catalog.octet_length(given) <= 2097152 THEN given::jsonb END;
		address := nullif(told ->> text 'ip', '');
	EXCEPTION WHEN OTHERS THEN
		told := NULL;
	END;
	IF pg_catalog.jsonb_typeof(told) IS DISTINCT FROM 'object' THEN
		told := '{}';
		address := NULL;
		metadata := '{"audit_context":"unreadable"}';
	ELSIF told ? text 'altered' AND pg_catalog.jsonb_typeof(told -> text 'altered') = 'object' THEN -- by SetContext, to make it fit
		metadata := pg_catalog.jsonb_build_object('$audit', told -> text 'altered');
	END IF;
	IF pg_catalog.octet_length(told ->> text 'actor_kind') > 64 OR pg_catalog.octet_length(told ->> text 'request_id') > 128 OR pg_catalog.octet_length(given) > 255
		AND (pg_catalog.octet_length(told ->> text 'org') > 255 OR pg_catalog.octet_length(told ->> text 'actor_id') > 255 OR pg_catalog.octet_length(told ->> text 'actor_email') > 320
			OR pg_catalog.octet_length(told ->> text 'on_behalf_of') > 320 OR pg_catalog.octet_length(told ->> text 'user_agent') > 512 OR pg_catalog.octet_length(told ->> text 'ip_note') > 512)
	THEN -- set by others
		FOR part IN SELECT c.*, told ->> c.name AS whole
			FROM (VALUES ('org', 255, true), ('actor_kind', 64, false), ('actor_id', 255, true), ('actor_email', 320, true),
				('on_behalf_of', 320, true), ('request_id', 128, true), ('user_agent', 512, false), ('ip_note', 512, false)) AS c (name, most, is_key)
			WHERE pg_catalog.octet_length(told ->> c.name) > c.most
		LOOP
			metadata := audit_capture_whole(metadata, CASE part.name WHEN 'org' THEN 'org_id' ELSE part.name END, part.whole, part.is_key);
			told := told || pg_catalog.jsonb_build_object(part.name, CASE WHEN part.is_key THEN audit_capture_key(part.whole, part.most)
				ELSE audit_capture_cut(part.whole, part.most - 3) || '…' END);
		END LOOP;
	END IF;
	IF told ? text 'ip_note' THEN
		metadata := coalesce(metadata, '{}'::jsonb) || pg_catalog.jsonb_build_object('ip_note', told ->> text 'ip_note');
	END IF;
	IF address <<= '::ffff:0:0/96' THEN -- IPv4, mapped into IPv6
		address := '0.0.0.0'::inet + (pg_catalog.host(address)::inet - '::ffff:0:0'::inet);
	END IF;
	RETURN ROW(coalesce(nullif(told ->> text 'org', ''), '_platform'),
		coalesce(nullif(told ->> text 'actor_kind', ''), 'database_role'),
		CASE WHEN coalesce(nullif(told ->> text 'actor_kind', ''), 'database_role') <> 'database_role' THEN coalesce(told ->> text 'actor_id', '') END,
		coalesce(told ->> text 'actor_email', ''), coalesce(told ->> text 'on_behalf_of', ''),
		coalesce(pg_catalog.host(address), ''), coalesce(pg_catalog.family(address)::text || pg_catalog.encode(substring(pg_catalog.inet_send(address) FROM 5), 'hex'), ''),
		coalesce(told ->> text 'request_id', ''), coalesce(told ->> text 'user_agent', ''), metadata)::audit_capture_context;
END
$$;

-- An object's ID in a form whose byte order puts whole numbers in numeric order
-- and before all other texts.
CREATE FUNCTION audit_capture_sort(id text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE
		WHEN id ~ '^(0|[1-9][0-9]*)$' THEN 'n' || pg_catalog.lpad(pg_catalog.length(id)::text, 3, '0') || id
		WHEN id ~ '^-[1-9][0-9]*$' THEN 'm' || pg_catalog.lpad((1000 - pg_catalog.length(id))::text, 3, '0') || pg_catalog.translate(pg_catalog.substr(id, 2), '0123456789', '9876543210')
		ELSE 't' || id END
$$;

-- A name as part of a field's path: a dot within it is no step.
CREATE FUNCTION audit_capture_path(path text, name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN path = '' THEN '' ELSE path || '.' END
		|| CASE WHEN name = '' THEN '\e' ELSE pg_catalog.replace(pg_catalog.replace(name, '\', '\\'), '.', '\.') END
$$;

-- The words of a name, as Go's secrets.Words returns them. What a letter is, and
-- which letters are the same, is written out here, since PostgreSQL's own answer
-- depends on the locale and the version.
CREATE FUNCTION audit_capture_words(name text) RETURNS text[]
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	accented constant text := 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǠǡǢǣǦǧǨǩǪǫǬǭǮǯǰǴǵǸǹǺǻǼǽǾǿȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳΆΈΉΊΌΎΏΐΪΫάέήίΰϊϋόύώϓϔЀЁЃЇЌЍЎЙйѐёѓїќѝўѶѷӁӂӐӑӒӓӖӗӚӛӜӝӞӟӢӣӤӥӦӧӪӫӬӭӮӯӰӱӲӳӴӵӸӹẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹıſςKÅΩ';
		plain constant text := 'AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyyAaAaAaCcCcCcCcDdEeEeEeEeEeGgGgGgGgHhIiIiIiIiIJjKkLlLlLlNnNnNnOoOoOoRrRrRrSsSsSsSsTtTtUuUuUuUuUuUuWwYyYZzZzZzOoUuAaIiOoUuUuUuUuUuAaAaÆæGgKkOoOoƷʒjGgNnAaÆæØøAaAaEeEeIiIiOoOoRrRrUuUuSsTtHhAaEeOoOoOoOoYyΑΕΗΙΟΥΩιΙΥαεηιυιυουωϒϒЕЕГІКИУИиеегікиуѴѵЖжАаАаЕеӘәЖжЗзИиИиОоӨөЭэУуУуУуЧчЫыAaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYyisσKAΩ';
		capitals constant text := 'ÆÐØÞĐĦĲĿŁŊŒŦƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƢƤƦƧƩƬƮƱƲƳƵƷƸƼǄǅǇǈǊǋǤǱǲǶǷȜȠȢȤȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩϏϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖẞ';
		smalls constant text := 'æðøþđħĳŀłŋœŧɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶʒƹƽǆǆǉǉǌǌǥǳǳƕƿȝƞȣȥⱥȼƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳαβγδεζηθικλμνξοπρστυφχψωϗϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆß';
		letters text := '';
		capital text := '[A-Z]';
		small text := '[a-z]'; -- and letters that have no capital
BEGIN
	IF pg_catalog.octet_length(name) <> pg_catalog.length(name) THEN
		letters := '\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0370-\u0373\u0376-\u0377\u037b-\u037d\u037f-\u037f\u0388-\u03f5\u03f7-\u03ff\u0400-\u0481\u048a-\u052f\u0531-\u0556\u0561-\u0587\u05d0-\u05ea\u0620-\u0669\u066e-\u06d3\u06d5-\u06dc\u06ee-\u06fc\u0710-\u07f5\u0840-\u0858\u08a0-\u0963\u0966-\u0df3\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0edf\u0f18-\u0f39\u0f40-\u0fbc\u1000-\u1049\u1050-\u135f\u1380-\u138f\u13a0-\u13fd\u1401-\u166c\u166f-\u169a\u1700-\u1734\u1740-\u17d3\u17e0-\u17e9\u1810-\u18f5\u1900-\u193b\u1946-\u1cbf\u1d00-\u1dbf\u1e00-\u1fbc\u1fc2-\u1fcc\u1fd0-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ffc\u2c00-\u2ce4\u2d00-\u2dff\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3105-\u318e\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\ua4d0-\ua4fd\ua500-\ua62b\ua640-\ua66e\ua680-\ua6ef\ua722-\ua788\ua78b-\ua827\ua840-\ua873\ua880-\ua8c5\ua8d0-\ua8d9\ua900-\ua92d\ua930-\uabea\uabf0-\ud7fb\uf900-\ufb28\ufb2a-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00020000-\U0003ffff';
		capital := '[A-Z' || capitals || ']';
		small := '(?!' || capital || ')[a-z' || letters || ']';
		name := pg_catalog.translate(pg_catalog.regexp_replace(name COLLATE "C", '[\u0300-\u036f]', '', 'g'), accented, plain);
	END IF;
	-- The words of APIKey are API and Key; of user_IDs, user and IDs.
	name := pg_catalog.regexp_replace(name COLLATE "C", '(?!' || capital || ')([a-z0-9' || letters || '])(?=' || capital || ')', '\1_', 'g');
	name := pg_catalog.regexp_replace(name COLLATE "C", '(' || capital || ')(?=' || capital || small || ')(?!' || capital || 's(?!' || small || '))', '\1_', 'g');
	name := pg_catalog.lower(CASE WHEN letters = '' THEN name ELSE pg_catalog.translate(name, capitals, smalls) END COLLATE "C");
	RETURN pg_catalog.regexp_split_to_array(name COLLATE "C", '[^a-z0-9' || letters || ']+');
END
$$;

-- Whether a field or key of this name holds a secret: whether its last words,
-- without what stands between them, are one of the names, with or without a
-- plural s or a number behind.
CREATE FUNCTION audit_capture_secret(name text, names text[]) RETURNS boolean
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	words text[] := audit_capture_words(name);
		found text;
BEGIN
	FOR pass IN 1..2 LOOP
		found := '';
		FOR i IN REVERSE pg_catalog.cardinality(words)..1 LOOP
			found := words[i] || found;
			IF found = ANY (names) OR pg_catalog.right(found, 1) = 's' AND pg_catalog.left(found, -1) = ANY (names) THEN
				RETURN true;
			END IF;
		END LOOP;
		words := pg_catalog.regexp_split_to_array(pg_catalog.regexp_replace(
			pg_catalog.array_to_string(pg_catalog.array_remove(words, ''), '_') COLLATE "C", '_?[0-9]+$', ''), '_');
	END LOOP;
	RETURN false;
END
$$;

-- A JSON value as it is recorded: without secrets, at most so deep, and no key
-- of a host's own that could be taken for a mark.
CREATE FUNCTION audit_capture_walk(v jsonb, names text[], depth int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	kind text := pg_catalog.jsonb_typeof(v);
BEGIN
	IF kind = 'null' OR depth > 0 AND kind NOT IN ('object', 'array') THEN
		RETURN v;
	ELSIF depth <= 0 THEN
		RETURN pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('$audit', 'cut',
			'bytes', CASE kind WHEN 'string' THEN nullif(pg_catalog.octet_length(v #>> '{}'::text[]), 0) END,
			'items', nullif(CASE kind WHEN 'object' THEN (SELECT pg_catalog.count(*) FROM pg_catalog.jsonb_object_keys(v)) WHEN 'array' THEN pg_catalog.jsonb_array_length(v) END, 0)));
	ELSIF kind = 'array' THEN
		RETURN coalesce((SELECT pg_catalog.jsonb_agg(audit_capture_walk(item, names, depth - 1) ORDER BY n)
			FROM pg_catalog.jsonb_array_elements(v) WITH ORDINALITY AS items (item, n)), '[]');
	END IF;
	RETURN coalesce((SELECT pg_catalog.jsonb_object_agg(
			CASE WHEN key ~ '^[$]+audit$' THEN '$' || key ELSE key END,
			CASE WHEN audit_capture_secret(key, names) THEN '{"$audit":"redacted"}' ELSE audit_capture_walk(value, names, depth - 1) END)
		FROM pg_catalog.jsonb_each(v)), '{}');
END
$$;

-- audit_capture_walk, spared where the text shows that there is nothing to do.
CREATE FUNCTION audit_capture_masked(v jsonb, names text[], depth int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	whole text;
BEGIN
	IF v IS NULL OR depth > 0 AND pg_catalog.jsonb_typeof(v) NOT IN ('object', 'array') THEN
		RETURN v;
	END IF;
	whole := v::text;
	IF pg_catalog.octet_length(whole) > 4194304 THEN -- it would take minutes, to be cut in the end
		RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', pg_catalog.octet_length(whole));
	ELSIF depth > 0 AND pg_catalog.strpos(whole, '\') = 0 AND pg_catalog.strpos(whole, '$audit') = 0
		AND NOT whole COLLATE "C" ~ '[^\u0001-\u007f][^"]*": ' -- a key beyond ASCII
		AND NOT pg_catalog.regexp_replace(pg_catalog.lower(whole COLLATE "C"), '[^a-z0-9]', '', 'g') ~ pg_catalog.array_to_string(names, '|')
		AND NOT pg_catalog.jsonb_path_exists(v, ('$.**{' || depth::text || ' to last}')::jsonpath) THEN
		RETURN v;
	END IF;
	RETURN audit_capture_walk(v, names, depth);
END
$$;

-- The changes from one JSON value to another, as JSON objects with commas
-- between them; nothing if there is none. NULL is a side that is absent. Where
-- both sides have an object, or the record itself came or went, the difference
-- is told by the paths within.
CREATE FUNCTION audit_capture_paths(path text, old jsonb, new jsonb, one_sided boolean, secret boolean, names text[], depth int) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	told text := '{"field":' || pg_catalog.to_json(path)::text;
		side jsonb;
		whole boolean := secret OR depth <= 0;
BEGIN
	IF old IS NOT DISTINCT FROM new THEN
		RETURN NULL;
	END IF;
	FOREACH side IN ARRAY ARRAY[old, new] LOOP
		EXIT WHEN whole;
		IF side IS NULL THEN
			whole := NOT one_sided;
		ELSE
			whole := pg_catalog.jsonb_typeof(side) <> 'object' OR one_sided AND side = '{}'
				OR EXISTS (SELECT FROM pg_catalog.jsonb_object_keys(side) AS key WHERE pg_catalog.octet_length(audit_capture_path(path, key)) > 255);
		END IF;
	END LOOP;
	IF whole THEN
		IF new IS NOT NULL THEN
			told := told || ',"new":' || CASE WHEN secret THEN '{"$audit":"redacted"}' ELSE audit_capture_masked(new, names, depth)::text END;
		END IF;
		IF old IS NOT NULL THEN
			told := told || ',"old":' || CASE WHEN secret THEN '{"$audit":"redacted"}' ELSE audit_capture_masked(old, names, depth)::text END;
		END IF;
		RETURN told || '}';
	END IF;
	RETURN (SELECT pg_catalog.string_agg(audit_capture_paths(audit_capture_path(path, key), o.value, n.value, one_sided,
			audit_capture_secret(key, names), names, depth - 1), ',' ORDER BY key COLLATE "C")
		FROM pg_catalog.jsonb_each(coalesce(old, '{}')) AS o FULL JOIN pg_catalog.jsonb_each(coalesce(new, '{}')) AS n USING (key)
		WHERE o.value IS DISTINCT FROM n.value);
END
$$;

-- A value of type json as it is recorded. jsonb does not take all of them: such
-- a text is recorded by its size, since the secrets in it could not be found.
CREATE FUNCTION audit_capture_json(v json, names text[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN audit_capture_masked(v::jsonb, names, 32);
EXCEPTION WHEN OTHERS THEN
	RETURN pg_catalog.jsonb_build_object('$audit', 'invalid_json', 'bytes', pg_catalog.octet_length(v::text));
END
$$;

-- audit_capture_paths for a column of type json.
CREATE FUNCTION audit_capture_texts(path text, old json, new json, one_sided boolean, names text[]) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN audit_capture_paths(path, old::jsonb, new::jsonb, one_sided, false, names, 32);
EXCEPTION WHEN OTHERS THEN
	RETURN '{"field":' || pg_catalog.to_json(path)::text
		|| CASE WHEN new IS NULL THEN '' ELSE ',"new":' || audit_capture_json(new, names)::text END
		|| CASE WHEN old IS NULL THEN '' ELSE ',"old":' || audit_capture_json(old, names)::text END || '}';
END
$$;

-- The text of an hstore as an object: its keys are names, by which secrets are
-- found.
CREATE FUNCTION audit_capture_hstore(whole text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT coalesce(pg_catalog.jsonb_object_agg(pg_catalog.regexp_replace(pair[1], '\\(.)', '\1', 'g'), pg_catalog.regexp_replace(pair[2], '\\(.)', '\1', 'g')), '{}')
	FROM pg_catalog.regexp_matches(whole, '"((?:[^"\\]|\\.)*)"=>(?:"((?:[^"\\]|\\.)*)"|NULL)', 'g') AS pair
$$;

-- The names of the fields in such a list of changes.
CREATE FUNCTION audit_capture_fields(changes text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT pg_catalog.string_agg(change ->> text 'field', ',' ORDER BY place) FROM pg_catalog.jsonb_array_elements(('[' || changes || ']')::jsonb) WITH ORDINALITY AS all_changes (change, place)
$$;

-- One value, cut to a mark where its JSON is longer than so many bytes.
CREATE FUNCTION audit_capture_bound(v jsonb, room int) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	whole text := v #>> '{}'::text[];
		start bytea;
		size int := pg_catalog.octet_length(v::text);
BEGIN
	IF v IS NULL OR size <= room THEN
		RETURN v;
	ELSIF pg_catalog.jsonb_typeof(v) <> 'string' THEN
		RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', size);
	END IF;
	size := CASE WHEN pg_catalog.octet_length(whole) > room THEN pg_catalog.octet_length(whole) ELSE size END;
	start := pg_catalog.convert_to(audit_capture_cut(whole, least(1025, room / 4 + 1)), 'UTF8');
	start := substring(start FROM 1 FOR least(1024, room / 4));
	-- The last character may have lost its end.
	WHILE pg_catalog.octet_length(start) > 0 AND pg_catalog.get_byte(start, pg_catalog.octet_length(start) - 1) BETWEEN 128 AND 191 LOOP
		start := substring(start FROM 1 FOR pg_catalog.octet_length(start) - 1);
	END LOOP;
	start := substring(start FROM 1 FOR greatest(pg_catalog.octet_length(start) - 1, 0));
	RETURN pg_catalog.jsonb_build_object('$audit', 'cut', 'bytes', size, 'start', pg_catalog.convert_from(start, 'UTF8'));
END
$$;

-- The changes of one entry, within 256 KiB of JSON. What has no room is counted.
CREATE FUNCTION audit_capture_bounded(changes text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE	kept jsonb[] := '{}';
		room int := 262144;
		omitted int := 0;
		used int;
		change jsonb;
		value jsonb;
BEGIN
	FOR change IN SELECT pg_catalog.jsonb_array_elements(('[' || changes || ']')::jsonb) LOOP
		IF room <= 0 THEN
			omitted := omitted + 1;
			CONTINUE;
		END IF;
		used := 0;
		IF change ? text 'old' THEN
			value := audit_capture_bound(change -> text 'old', greatest(room, 64));
			used := pg_catalog.octet_length(value::text);
			change := change || pg_catalog.jsonb_build_object('old', value);
		END IF;
		IF change ? text 'new' THEN
			value := audit_capture_bound(change -> text 'new', greatest(room - used, 64));
			used := used + pg_catalog.octet_length(value::text);
			change := change || pg_catalog.jsonb_build_object('new', value);
		END IF;
		room := room - used - pg_catalog.octet_length(change ->> text 'field') - 27;
		kept := pg_catalog.array_append(kept, change);
	END LOOP;
	IF omitted > 0 THEN
		kept := pg_catalog.array_append(kept, pg_catalog.jsonb_build_object('field', '…', 'new', pg_catalog.jsonb_build_object('$audit', 'cut', 'items', omitted)));
	END IF;
	RETURN pg_catalog.array_to_string(kept, ',');
END
$$;

-- The organizations of the rows of those watched tables whose children take
-- theirs from them, kept by the triggers of these tables. A child's trigger reads
-- this table and never the parent's own: to read a table runs code of its owner
-- (policies, the predicates of indexes), here with the rights of the log's owner.
-- A row stays when the parent's row is gone. A cascade deletes the children after
-- the parent, and they still need to know whose they were. A child that is new does
-- not: another organization may be about to take the parent's key.
CREATE TABLE audit_capture_orgs (
	-- The function of the table's triggers, which keeps its name when the table gets
	-- another, or another number after a restore.
	source        text COLLATE "C" NOT NULL,
	-- The object's ID, as its entries have it.
	id            text COLLATE "C" NOT NULL,
	-- NULL if the row has none, or takes its parent's.
	org_id        text COLLATE "C",
	parent_source text COLLATE "C",
	parent_id     text COLLATE "C",
	gone          boolean NOT NULL DEFAULT false, -- no row has this ID any more
	PRIMARY KEY (source, id)
);

-- An ID as audit_capture_orgs has it. The digest of one that is too long is whole,
-- since nobody must find a key that passes for another organization's.
CREATE FUNCTION audit_capture_orgs_key(whole text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN pg_catalog.octet_length(whole) <= 255 THEN whole
		ELSE audit_capture_cut(whole, 255 - 67) || '…' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(whole, 'UTF8')), 'hex') END
$$;

-- The organization of a row of a table whose triggers call the function source,
-- its parent's if it has none of its own; NULL if that is not known, or if the row
-- is gone and must be there. VOLATILE, so that it is called once for a row, wherever
-- its result is used.
CREATE FUNCTION audit_capture_org(source text, id text, there boolean) RETURNS text
	LANGUAGE plpgsql VOLATILE AS $$
DECLARE	org text;
		generation int := 0;
BEGIN
	IF pg_catalog.octet_length(id) > 255 THEN
		id := audit_capture_orgs_key(id);
	END IF;
	WHILE id IS NOT NULL AND generation < 32 LOOP
		SELECT o.org_id, o.parent_source, o.parent_id INTO org, source, id FROM audit_capture_orgs AS o
		WHERE o.source = audit_capture_org.source AND o.id = audit_capture_org.id AND NOT (there AND o.gone);
		IF NOT FOUND THEN
			RETURN NULL;
		END IF;
		there := false;
		IF org IS NOT NULL THEN
			RETURN org;
		END IF;
		generation := generation + 1;
	END LOOP;
	RETURN NULL;
END
$$;

-- How the values of a type are told and compared: expressions, with %1$s for
-- the value, of what to_json makes its JSON of, its text as an object's ID, and
-- what to compare; where that is NULL, values are compared bit by bit. document
-- names the type of a value that is JSON itself, and is empty if a value is
-- recorded as a mark only. (An output parameter cannot be called json: since
-- PostgreSQL 17 that is the beginning of an expression.)
--
-- Types that are not PostgreSQL's own are never given to to_json, nor are they
-- cast or compared by an operator: that could call a function of their owner's,
-- with the rights of the log's owner. concat calls their output function alone,
-- which only a superuser can make.
CREATE FUNCTION audit_capture_type(given oid, OUT value text, OUT id text, OUT compared text, OUT document text) RETURNS record
	LANGUAGE plpgsql STABLE AS $$
DECLARE	t pg_type;
		e pg_type;
		x text := '%1$s';
BEGIN
	SELECT * INTO t FROM pg_catalog.pg_type AS p WHERE oid = given;
	WHILE t.typtype = 'd' LOOP
		SELECT * INTO t FROM pg_catalog.pg_type AS p WHERE oid = t.typbasetype;
		IF t.oid < '16384' THEN
			x := '%1$s::pg_catalog.' || pg_catalog.quote_ident(t.typname::text);
		END IF;
	END LOOP;
	id := 'pg_catalog.concat(%1$s)';
	IF t.typcategory = 'A' AND t.typelem <> '0' THEN
		SELECT * INTO e FROM pg_catalog.pg_type AS p WHERE oid = t.typelem;
	ELSE
		e := t;
	END IF;
	IF e.typtype = 'c' OR e.typtype = 'd' AND t.oid <> e.oid OR e.typname = 'hstore' AND e.oid >= 16384 AND t.oid <> e.oid THEN
		-- Its fields may be secrets, and are not to be found in its text.
		value := pg_catalog.format('CASE WHEN %%1$s IS DISTINCT FROM NULL THEN %s::json END',
			pg_catalog.replace(pg_catalog.quote_literal(pg_catalog.jsonb_build_object('$audit', 'opaque', 'type', pg_catalog.format_type(t.oid, NULL))::text), '%', '%%'));
		document := '';
	ELSIF t.typname = 'hstore' AND t.typtype = 'b' AND t.oid >= '16384' THEN -- of the extension
		document := 'jsonb';
		value := 'CASE WHEN %1$s IS NOT NULL THEN audit_capture_hstore(pg_catalog.concat(%1$s)) END';
	ELSIF t.oid >= '16384' THEN
		value := pg_catalog.format('CASE WHEN %%1$s IS NOT NULL THEN pg_catalog.to_json(pg_catalog.concat(%%1$s)%s) END', CASE WHEN t.oid <> e.oid THEN '::text[]' END);
	ELSIF e.typname IN ('json', 'jsonb') THEN
		document := CASE WHEN t.oid <> e.oid THEN 'jsonb' ELSE t.typname END;
		value := CASE WHEN t.oid <> e.oid THEN 'pg_catalog.to_jsonb(' || x || ')' ELSE x END;
		IF t.typname = 'jsonb' THEN
			compared := x;
		END IF;
	ELSIF t.oid <> e.oid AND e.typname IN ('timestamptz', 'timestamp', 'bytea') THEN
		value := pg_catalog.format('CASE WHEN %%1$s IS NOT NULL THEN (SELECT coalesce(pg_catalog.json_agg(%s ORDER BY place), ''[]'') FROM pg_catalog.unnest(%s) WITH ORDINALITY AS items (item, place)) END',
			pg_catalog.format((audit_capture_type(e.oid)).value, 'item'), x);
	ELSE
		value := x;
		CASE t.typname
		WHEN 'bool', 'int2', 'int4', 'int8', 'uuid' THEN
			compared := x;
			id := x || '::text';
		WHEN 'oid' THEN
			compared := x;
			value := x || '::pg_catalog.int8'; -- as JSON it would be a text
			id := x || '::text';
		WHEN 'text', 'varchar', 'bpchar' THEN -- without COLLATE "C", different texts may be equal
			compared := x || CASE t.typname WHEN 'varchar' THEN '::text COLLATE "C"' ELSE ' COLLATE "C"' END;
			id := x || '::text';
		WHEN 'numeric' THEN
			compared := x;
			value := 'pg_catalog.trim_scale(%1$s)';
			id := value || '::text';
		WHEN 'timestamptz', 'timestamp' THEN
			compared := x;
			value := pg_catalog.format('CASE WHEN pg_catalog.isfinite(%s) THEN (pg_catalog.left(pg_catalog.to_json(%1$s%s)::text, -1) || ''Z"'')::json ELSE pg_catalog.to_json(%1$s) END', x,
				CASE WHEN t.typname = 'timestamptz' THEN ' AT TIME ZONE ''UTC''' END);
			id := '(' || value || ') #>> ''{}''::text[]';
		WHEN 'bytea' THEN
			compared := x;
			value := '''\x'' || pg_catalog.encode(%1$s, ''hex'')';
			id := value;
		WHEN 'float4', 'float8', 'date', 'inet', 'time', 'timetz' THEN
			compared := x;
		WHEN 'cidr' THEN
			compared := x || '::inet';
		ELSE
			NULL; -- with a text of PostgreSQL's own
		END CASE;
	END IF;
END
$$;

-- What triggers have hidden of columns that Watch has not seen: by number, since
-- such a column may get another name or type before Watch is called again. Watch
-- takes the rows over and Unwatch removes them. No unique index is on what is
-- seen, since nobody's write should wait for another's: it may be there twice.
CREATE TABLE audit_capture_seen (
	id       uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- for what replicates tables
	identity text COLLATE "C" NOT NULL, -- of the table: audit_capture_identity
	number   int NOT NULL,
	-- hidden: the values of it; document: it was JSON; opaque: its type hid them.
	kind     text COLLATE "C" NOT NULL,
	seen_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whether the columns' numbers that Watch kept are those of this table. After a
-- dump and restore, columns behind a dropped one have other numbers.
CREATE FUNCTION audit_capture_identity(relation oid) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE	identity text := relation::text || '/' || (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())::text;
BEGIN
	IF pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') THEN
		identity := identity || '/' || (SELECT c.system_identifier FROM pg_catalog.pg_control_system() AS c)::text;
	END IF;
	RETURN identity;
END
$$;

-- Whether a generated column is made of one of the columns with these numbers. Since
-- PostgreSQL 15 its expression is what depends on them, before it is the column.
CREATE FUNCTION audit_capture_derives(relation oid, number int, columns int[]) RETURNS boolean
	LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
		WHERE d.refclassid = 'pg_catalog.pg_class'::regclass::oid AND d.refobjid = relation AND d.refobjsubid = ANY (columns)
			AND (d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = relation AND d.objsubid = number
				OR d.classid = 'pg_catalog.pg_attrdef'::regclass::oid AND d.objid = (SELECT made.oid FROM pg_catalog.pg_attrdef AS made WHERE made.adrelid = relation AND made.adnum = number::int2)))
$$;

-- The columns as they are now, and what is to be known of each: its name when
-- Watch was called, which is NULL if Watch did not know it; whether its values
-- are kept out of the log; whether it is virtual; and how its type reads.
--
-- A renamed column is known by its number. If the numbers are not of this table,
-- names count, and a column that Watch did not know may be a secret under another
-- name. So may all of them if they are in another order than they were, since a
-- restore keeps the order. Values whose type kept them out of the log stay out
-- if the type is another one now. A generated column is hidden if what it is made
-- of is, or if it could show a secret of the JSON that it is made of.
CREATE FUNCTION audit_capture_columns(relation oid, config jsonb, OUT name text, OUT was text, OUT hidden boolean, OUT virtual boolean,
		OUT value text, OUT id text, OUT compared text, OUT document text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE AS $$
DECLARE	fits constant boolean := coalesce(config ->> text 'identity' = audit_capture_identity(relation), false);
		names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'names'));
		numbers jsonb := '{}'; -- the names that Watch kept, by number
		ordered boolean;
		closed boolean;
		seen text[]; -- what triggers have hidden of it
		secrets int[] := '{}'; -- the numbers of the columns that are hidden
		documents int[] := '{}'; -- and of those that are JSON
		c record;
BEGIN
	SELECT pg_catalog.jsonb_object_agg(k.value, k.key) INTO numbers FROM pg_catalog.jsonb_each_text(config -> text 'columns') AS k;
	ordered := NOT EXISTS (SELECT FROM (
			SELECT (config #>> ARRAY['columns', a.attname::text])::int AS number,
				pg_catalog.lag((config #>> ARRAY['columns', a.attname::text])::int) OVER (ORDER BY a.attnum) AS before
			FROM pg_catalog.pg_attribute AS a
			WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND config -> text 'columns' ? a.attname::text) AS pairs
		WHERE pairs.number < pairs.before);
	closed := config -> text 'hidden' <> '[]' OR config -> text 'documents' <> '[]' OR config -> text 'opaque' <> '[]'
		OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(config -> text 'ignore') AS ignored (name)
			WHERE config -> text 'columns' ? ignored.name AND ignored.name NOT IN ('updated_at', 'lock_version'))
		OR EXISTS (SELECT FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity');
	-- Generated columns come in the second pass, if there are any.
	FOR pass IN CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = relation AND a.attnum > 0 AND a.attgenerated <> '') THEN 1 ELSE 2 END..2 LOOP
	FOR c IN SELECT a.attname::text AS name, a.attnum, a.attgenerated = 'v' AS virtual, a.attgenerated <> '' AS generated, a.atttypid, t.value, t.id, t.compared, t.document
		FROM pg_catalog.pg_attribute AS a CROSS JOIN LATERAL audit_capture_type(a.atttypid) AS t
		WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND (pass = 2 OR a.attgenerated = '')
		ORDER BY a.attnum
	LOOP
		name := c.name;
		was := NULL;
		IF fits THEN
			was := numbers ->> c.attnum::text;
		END IF;
		IF was IS NULL AND config -> text 'columns' ? c.name THEN
			IF NOT fits AND ordered OR fits AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS other
					WHERE other.attrelid = relation AND other.attnum = (config #>> ARRAY['columns', c.name])::int2 AND NOT other.attisdropped) THEN
				was := c.name;
			END IF;
		END IF;
		seen := '{}';
		IF fits AND was IS NULL THEN
			seen := ARRAY(SELECT s.kind FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity' AND s.number = c.attnum::int);
		END IF;
		hidden := NOT coalesce(config -> text 'plain' ? was, false) AND (
			'hidden' = ANY (seen) OR 'document' = ANY (seen) AND c.document IS NULL OR 'opaque' = ANY (seen) AND c.document IS DISTINCT FROM '' OR
			coalesce(config -> text 'hidden' ? was, false) OR coalesce(config -> text 'hidden' ? c.name, false) OR audit_capture_secret(c.name, names)
			OR NOT fits AND was IS NULL AND coalesce(closed, false)
			OR coalesce(config -> text 'documents' ? was, false) AND c.document IS NULL
			OR coalesce(config -> text 'opaque' ? was, false) AND c.document IS DISTINCT FROM '');
		IF pass = 1 THEN
			IF hidden OR c.document = '' THEN
				secrets := pg_catalog.array_append(secrets, c.attnum::int);
			ELSIF c.document <> '' THEN
				documents := pg_catalog.array_append(documents, c.attnum::int);
			END IF;
			CONTINUE;
		ELSIF c.generated AND NOT hidden AND NOT coalesce(config -> text 'plain' ? coalesce(was, c.name), false) THEN
			hidden := audit_capture_derives(relation, c.attnum::int, secrets) OR audit_capture_derives(relation, c.attnum::int, documents)
				AND (c.document IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS p WHERE p.oid = c.atttypid AND p.typcategory IN ('N', 'B', 'D', 'T'))
					OR EXISTS (SELECT FROM pg_catalog.pg_attrdef AS made CROSS JOIN LATERAL pg_catalog.regexp_matches(pg_catalog.pg_get_expr(made.adbin, made.adrelid), '''((?:[^'']|'''')*)''', 'g') AS quoted
						WHERE made.adrelid = relation AND made.adnum = c.attnum AND audit_capture_secret(quoted[1], names)));
		END IF;
		virtual := c.virtual;
		value := c.value;
		id := c.id;
		compared := c.compared;
		document := c.document;
		RETURN NEXT;
	END LOOP;
	END LOOP;
END
$$;

-- Keeps in audit_capture_seen what is hidden of columns that Watch has not seen.
-- Columns that are ignored by their name count, but for those of every table.
CREATE FUNCTION audit_capture_remember(relation oid, config jsonb) RETURNS void
	LANGUAGE sql AS $$
	INSERT INTO audit_capture_seen (identity, number, kind)
	SELECT config ->> text 'identity', a.attnum::int, kinds.kind
	FROM audit_capture_columns(relation, config) AS c
	JOIN pg_catalog.pg_attribute AS a ON a.attrelid = relation AND a.attname = c.name::name
	CROSS JOIN LATERAL (VALUES ('hidden'::text, c.hidden OR config -> text 'ignore' ? c.name AND c.name NOT IN ('updated_at', 'lock_version')),
		('document', c.document <> ''), ('opaque', c.document = '')) AS kinds (kind, is_so)
	WHERE c.was IS NULL AND kinds.is_so AND audit_capture_identity(relation) = config ->> text 'identity'
		AND NOT EXISTS (SELECT FROM audit_capture_seen AS s WHERE s.identity = config ->> text 'identity' AND s.number = a.attnum::int AND s.kind = kinds.kind)
$$;

-- The INSERT that records what a statement did to a table, with the columns
-- that the table has now. It reads the transition tables old_rows and new_rows,
-- and the variables of the trigger, context and told. Rows are paired by
-- organization and ID, so that an update of either is told as what it is to both
-- histories: the end of one object, the beginning of another. A FULL JOIN, since
-- PostgreSQL has no nested loop for it: a plan that a session made for one row
-- must serve a million too.
--
-- To begin with a hash and a count of rows takes long beside an UPDATE of one
-- row. With single, the statement does without: it records the update of one row
-- that kept its key, and nothing where there was any other. IS TRUE leaves no
-- plan but the nested loop, whatever the first statement of a session was.
--
-- Texts are taken COLLATE "C": others may take different texts for equal, or not
-- know the operator. Whoever may CREATE in the log's schema must not get a
-- function or operator of theirs into it: functions are qualified, and both
-- sides of an operator have exactly the types of one in pg_catalog.
--
-- The operation MAP keeps what audit_capture_orgs has of the table's new rows, and
-- the operation GONE that its old rows are gone; with single, those whose key no
-- new row has.
CREATE FUNCTION audit_capture_sql(relation oid, operation text, config jsonb, single boolean) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
DECLARE	c record;
		n int := 0;
		names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'names'));
		key_names text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'key'));
		key_is_known constant boolean := NOT EXISTS (SELECT FROM pg_catalog.unnest(key_names) AS key (name)
			WHERE NOT coalesce(key.name = ANY (ARRAY(SELECT columns.was FROM audit_capture_columns(relation, config) AS columns)), false));
		is_key boolean;
		of_new text;    -- a column's new value, as audit_capture_type tells it
		of_old text;
		differs text;   -- the condition that it is a change
		compared text;
		path text;
		told text;      -- the change as JSON
		list text := 'true AS m';
		org text;       -- the expression of a row's organization, if a column holds it
		org_is_lost boolean := false;
		ids text[] := '{}';
		parent_names constant text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(config -> text 'parent_columns'));
		parents text[] := '{}'; -- the expressions of the parent's key, in its order
		parent text;    -- the expression of the parent's ID, NULL if a row has none
		by_parent constant boolean := coalesce((config ->> text 'org_of_parent')::boolean, false);
		old_source text;
		new_source text;
		metadata text := 'told.metadata';
		pairs text[] := '{}';
		changes text[] := '{}';
		fields text[] := '{}';
		nested text[] := '{}'; -- conditions under which a change has paths within
		side constant text := CASE operation WHEN 'DELETE' THEN 'o' ELSE 'n' END;
		default_org text := coalesce(pg_catalog.quote_literal(nullif(config ->> text 'org', '')), 'coalesce(told.org_id, ''_platform'')');
		id text;
		source text;
BEGIN
	IF NOT key_is_known THEN -- then the primary key, if there is one that may be shown
		key_names := ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index AS i
			CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
			JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
			WHERE i.indrelid = relation AND i.indisprimary AND k.place <= i.indnkeyatts::bigint ORDER BY k.place);
		-- A column that Watch did not know passes for a renamed one of the key if it
		-- has the same type.
		IF EXISTS (SELECT FROM audit_capture_columns(relation, config) AS columns
				JOIN pg_catalog.pg_attribute AS a ON a.attrelid = relation AND a.attname = columns.name
				WHERE columns.hidden AND columns.name = ANY (key_names) AND (columns.was IS NOT NULL OR config -> text 'hidden' ? columns.name OR audit_capture_secret(columns.name, names)
					OR pg_catalog.format_type(a.atttypid, NULL) IS DISTINCT FROM config #>> ARRAY['key_types', (pg_catalog.array_position(key_names, columns.name) - 1)::text])) THEN
			key_names := '{}';
		END IF;
	END IF;
	FOR c IN SELECT * FROM audit_capture_columns(relation, config) AS columns WHERE NOT columns.virtual LOOP -- a virtual column has no value in a trigger
		n := n + 1;
		list := list || pg_catalog.format(', r.%I AS f%s', c.name, n);
		is_key := coalesce(CASE WHEN key_is_known THEN c.was ELSE c.name END = ANY (key_names), false);
		IF c.was = config ->> text 'org_column' THEN
			org := pg_catalog.format('nullif(pg_catalog.concat(%%s.f%s) COLLATE "C", '''')', n);
		END IF;
		IF c.was = ANY (parent_names) AND NOT c.hidden THEN
			parents[pg_catalog.array_position(parent_names, c.was)] := pg_catalog.format('CASE WHEN %1$s IS NOT NULL THEN coalesce((' || c.id || ') COLLATE "C", '''') END', '%1$s.f' || n::text);
		END IF;
		compared := c.compared;
		IF is_key THEN
			ids[pg_catalog.array_position(key_names, CASE WHEN key_is_known THEN c.was ELSE c.name END)] := pg_catalog.format('coalesce((' || c.id || ') COLLATE "C", '''')', '%1$s.f' || n::text); -- a key may come to be NULL
			compared := coalesce(compared, '(' || c.id || ') COLLATE "C"');
			pairs := pg_catalog.array_append(pairs, pg_catalog.format(compared, 'o.f' || n::text) || ' = ' || pg_catalog.format(compared, 'n.f' || n::text));
		END IF;
		CONTINUE WHEN is_key OR config -> text 'ignore' ? coalesce(c.was, c.name) OR operation IN ('TRUNCATE', 'MAP', 'GONE'); -- the ID tells the key
		path := audit_capture_path(text '', c.name);
		of_old := pg_catalog.format(c.value, 'o.f' || n::text);
		of_new := pg_catalog.format(c.value, 'n.f' || n::text);
		differs := CASE WHEN compared IS NULL THEN pg_catalog.format('ROW(o.f%1$s)::record *<> ROW(n.f%1$s)::record', n)
			ELSE pg_catalog.format(compared, 'o.f' || n::text) || ' IS DISTINCT FROM ' || pg_catalog.format(compared, 'n.f' || n::text) END;
		IF c.hidden AND c.document IS DISTINCT FROM '' THEN
			of_old := '''{"$audit":"redacted"}''::json';
			of_new := of_old;
		ELSIF c.document <> '' THEN
			nested := pg_catalog.array_append(nested, CASE operation WHEN 'UPDATE' THEN differs ELSE pg_catalog.format('%s.f%s IS NOT NULL', side, n) END);
		ELSIF compared IS NULL AND c.document IS NULL THEN
			-- Other bits, but recorded alike: no change.
			differs := pg_catalog.format('%s AND pg_catalog.to_json(%s)::text IS DISTINCT FROM pg_catalog.to_json(%s)::text', differs, of_old, of_new);
		END IF;
		IF operation = 'UPDATE' THEN
			differs := 'o.m IS NULL OR n.m IS NULL OR ' || differs;
		END IF;
		IF c.document <> '' AND NOT c.hidden THEN
			told := pg_catalog.format(CASE c.document WHEN 'json' THEN 'audit_capture_texts(%L::text, %s, %s, %s, %L::text[])' ELSE 'audit_capture_paths(%L::text, %s, %s, %s, false, %L::text[], 32)' END, path,
				CASE operation WHEN 'INSERT' THEN 'NULL::' || c.document ELSE pg_catalog.format('CASE WHEN o.m THEN coalesce(%s, ''null'') END', of_old) END,
				CASE operation WHEN 'DELETE' THEN 'NULL::' || c.document ELSE pg_catalog.format('CASE WHEN n.m THEN coalesce(%s, ''null'') END', of_new) END,
				CASE operation WHEN 'UPDATE' THEN 'o.m IS NULL OR n.m IS NULL' ELSE 'true' END, names);
		ELSE
			told := 'pg_catalog.json_build_object(''field'', ' || pg_catalog.quote_literal(path);
			of_new := ', ''new'', ' || of_new;
			of_old := ', ''old'', ' || of_old;
			told := CASE operation WHEN 'INSERT' THEN told || of_new || ')' WHEN 'DELETE' THEN told || of_old || ')' ELSE
				pg_catalog.format('CASE WHEN o.m IS NULL THEN %1$s%2$s) WHEN n.m IS NULL THEN %1$s%3$s) ELSE %1$s%2$s%3$s) END', told, of_new, of_old) END;
		END IF;
		IF operation = 'UPDATE' THEN
			told := pg_catalog.format('CASE WHEN %s THEN %s END', differs, told);
		END IF;
		changes := pg_catalog.array_append(changes, told);
		fields := pg_catalog.array_append(fields, CASE operation WHEN 'UPDATE' THEN pg_catalog.format('CASE WHEN %s THEN %L END', differs, path) ELSE pg_catalog.quote_literal(path) END);
	END LOOP;
	-- The parent has the ID that its own entries have. If one of the columns is lost,
	-- or NULL in a row, there is none.
	IF pg_catalog.cardinality(parent_names) = 1 AND parents[1] IS NOT NULL THEN
		parent := 'nullif(' || parents[1] || ', '''')';
	ELSIF pg_catalog.cardinality(parent_names) > 1 AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(1, pg_catalog.cardinality(parent_names)) AS places (place) WHERE parents[places.place] IS NULL) THEN
		SELECT pg_catalog.string_agg(pg_catalog.format('pg_catalog.replace(pg_catalog.replace(%s, ''\'', ''\\''), '','', ''\,'')', parts.part), ' || '','' || ' ORDER BY parts.place) INTO parent
		FROM pg_catalog.unnest(parents) WITH ORDINALITY AS parts (part, place);
	END IF;
	IF by_parent AND parent IS NOT NULL THEN
		org := '%s.g';
	END IF;
	-- A row of an organization that is not known must not come to be seen by
	-- another: it is the platform's, and a mark in the metadata says so.
	IF (config ->> text 'org_column' <> '' OR by_parent) AND org IS NULL THEN
		org_is_lost := true;
		metadata := 'coalesce(told.metadata, ''{}''::jsonb) || ''{"audit_org_column":"missing"}''::jsonb';
		default_org := '''_platform''';
	END IF;

	IF pg_catalog.cardinality(ids) = 0 THEN -- the column was dropped
		list := list || ', pg_catalog.row_number() OVER () AS f0';
		ids := '{''row '' || %1$s.f0::text}';
		pairs := '{o.f0 = n.f0}';
	ELSIF pg_catalog.cardinality(ids) > 1 THEN -- as audit.Updated joins them: no two keys give one ID
		SELECT pg_catalog.array_agg(pg_catalog.format('pg_catalog.replace(pg_catalog.replace(%s, ''\'', ''\\''), '','', ''\,'')', parts.part) ORDER BY parts.place) INTO ids
		FROM pg_catalog.unnest(ids) WITH ORDINALITY AS parts (part, place) WHERE parts.part IS NOT NULL;
	END IF;
	id := pg_catalog.array_to_string(ids, ' || '','' || ');
	old_source := pg_catalog.format('(SELECT %s FROM old_rows AS r)', list);
	new_source := pg_catalog.format('(SELECT %s FROM new_rows AS r)', list);
	IF org = '%s.g' THEN
		old_source := pg_catalog.format('(SELECT x.*, audit_capture_org(%L::text, %s, false) COLLATE "C" AS g FROM %s AS x)', config ->> text 'parent_source', pg_catalog.format(parent, 'x'), old_source);
		new_source := pg_catalog.format('(SELECT x.*, audit_capture_org(%L::text, %s, true) COLLATE "C" AS g FROM %s AS x)', config ->> text 'parent_source', pg_catalog.format(parent, 'x'), new_source);
	END IF;
	IF operation = 'MAP' THEN
		org := CASE WHEN by_parent THEN 'NULL::text' ELSE coalesce(
			'coalesce(' || pg_catalog.format(org, 'n') || ', ' || pg_catalog.quote_nullable(nullif(config ->> text 'org', '')) || ')', pg_catalog.quote_nullable(nullif(config ->> text 'org', '')) || '::text') END;
		IF org_is_lost THEN
			org := 'NULL::text';
		END IF;
		RETURN pg_catalog.format($sql$INSERT INTO audit_capture_orgs (source, id, org_id, parent_source, parent_id)
			SELECT DISTINCT ON (e.id) %1$L, e.id, e.org, e.parent_source, e.parent
			FROM (SELECT audit_capture_orgs_key(%2$s) COLLATE "C" AS id, audit_capture_key(%3$s, 255) COLLATE "C" AS org, %4$L::text AS parent_source, audit_capture_orgs_key(%5$s) COLLATE "C" AS parent
				FROM (SELECT %6$s FROM new_rows AS r) AS n OFFSET 0) AS e
			LEFT JOIN audit_capture_orgs AS was ON was.source = %1$L::text AND was.id = e.id
			WHERE was.id IS NULL OR was.gone OR was.org_id IS DISTINCT FROM e.org OR was.parent_source IS DISTINCT FROM e.parent_source OR was.parent_id IS DISTINCT FROM e.parent
			ON CONFLICT (source, id) DO UPDATE SET org_id = EXCLUDED.org_id, parent_source = EXCLUDED.parent_source, parent_id = EXCLUDED.parent_id, gone = false$sql$,
			config ->> text 'source', pg_catalog.format(id, 'n'), org, CASE WHEN by_parent THEN config ->> text 'parent_source' END,
			CASE WHEN by_parent THEN coalesce(pg_catalog.format(parent, 'n'), 'NULL::text') ELSE 'NULL::text' END, list);
	END IF;
	IF operation = 'GONE' THEN
		RETURN pg_catalog.format($sql$UPDATE audit_capture_orgs AS was SET gone = true
			FROM (SELECT audit_capture_orgs_key(%2$s) COLLATE "C" AS id FROM (SELECT %3$s FROM old_rows AS r) AS o%4$s OFFSET 0) AS e
			WHERE was.source = %1$L::text AND was.id = e.id AND NOT was.gone$sql$, config ->> text 'source', pg_catalog.format(id, 'o'), list,
			CASE WHEN single THEN pg_catalog.format(' EXCEPT SELECT audit_capture_orgs_key(%s) COLLATE "C" FROM (SELECT %s FROM new_rows AS r) AS n', pg_catalog.format(id, 'n'), list) END);
	END IF;
	-- Where the parent is not known, on one side, the other side says whose it is: a
	-- key that changes reaches the children before the parent's own triggers.
	source := pg_catalog.format(CASE WHEN single THEN '%1$s AS o JOIN %2$s AS n ON (%3$s) IS TRUE' ELSE '%1$s AS o FULL JOIN %2$s AS n ON %3$s' END, old_source, new_source,
		pg_catalog.array_to_string(pg_catalog.array_append(pairs, CASE WHEN org = '%s.g' THEN 'coalesce(o.g, n.g, '''') = coalesce(n.g, o.g, '''')'
			ELSE 'coalesce(' || pg_catalog.format(org, 'o') || ', '''') = coalesce(' || pg_catalog.format(org, 'n') || ', '''')' END), ' AND '));
	IF operation = 'TRUNCATE' THEN -- all organizations' rows, where a column tells them apart
		source := '(SELECT) AS r';
		id := '''*''';
		parent := NULL;
		org := CASE WHEN org IS NOT NULL AND config ->> text 'org' = '' THEN '''_platform''' END;
	ELSIF operation <> 'UPDATE' THEN
		source := CASE operation WHEN 'DELETE' THEN old_source ELSE new_source END || ' AS ' || side;
		id := pg_catalog.format(id, side);
		org := pg_catalog.format(org, side);
		parent := pg_catalog.format(parent, side);
	ELSE
		-- A child whose own key has the parent's in it begins anew when that changes,
		-- and is still of the organization of all that the statement changed.
		IF org = '%s.g' THEN
			org := 'coalesce(n.g, o.g' || CASE WHEN single THEN '' ELSE pg_catalog.format(', CASE WHEN o.m IS NULL AND %s IS NOT NULL THEN (SELECT pg_catalog.min(w.g) FROM %s AS w HAVING pg_catalog.count(w.g) = pg_catalog.count(*) AND pg_catalog.min(w.g) = pg_catalog.max(w.g)) END',
				pg_catalog.format(parent, 'n'), old_source) END || ')';
		ELSE
			org := 'CASE WHEN n.m THEN ' || pg_catalog.format(org, 'n') || ' ELSE ' || pg_catalog.format(org, 'o') || ' END';
		END IF;
		parent := 'coalesce(' || pg_catalog.format(parent, 'n') || ', ' || pg_catalog.format(parent, 'o') || ')';
		id := pg_catalog.format('CASE WHEN n.m THEN %s ELSE %s END', pg_catalog.format(id, 'n'), pg_catalog.format(id, 'o'));
	END IF;
	IF by_parent AND parent IS NOT NULL THEN
		metadata := 'CASE WHEN e.org IS NULL AND e.parent IS NOT NULL THEN coalesce(told.metadata, ''{}''::jsonb) || ''{"audit_parent":"missing"}''::jsonb ELSE told.metadata END';
	END IF;
	IF parent IS NOT NULL THEN
		metadata := pg_catalog.format('CASE WHEN pg_catalog.octet_length(e.parent) > 255 THEN audit_capture_whole(%1$s, text ''parent_id'', e.parent, true) ELSE %1$s END', metadata);
	END IF;
	-- concat_ws takes no more than 100 arguments.
	IF n < 90 THEN
		told := 'pg_catalog.concat_ws('','', %s)';
	ELSE
		told := 'pg_catalog.array_to_string(ARRAY[%s], '','')';
		changes := ARRAY(SELECT '(' || one.change || ')::text' FROM pg_catalog.unnest(changes) WITH ORDINALITY AS one (change, place) ORDER BY one.place);
	END IF;

	-- OFFSET 0 keeps what is computed once from being computed where it is used.
	-- That is two times for changes beyond 60000 bytes, since they are rare.
	RETURN pg_catalog.format($sql$INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort,%14$s
			actor_kind, actor_id, actor_email, on_behalf_of, ip, ip_key, request_id, user_agent, source, changes, changed_fields, metadata, format)
		SELECT %1$s, (context.id_start || pg_catalog.to_hex(context.id_end%12$s))::uuid, context.at, e.action, %2$L,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN audit_capture_key(e.id, 255) ELSE e.id END,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN 't' || audit_capture_key(e.id, 255) ELSE audit_capture_sort(e.id) END,%15$s
			coalesce(told.actor_kind, 'database_role'), coalesce(told.actor_id, session_user), coalesce(told.actor_email, ''), coalesce(told.on_behalf_of, ''),
			coalesce(told.ip, ''), coalesce(told.ip_key, ''), coalesce(told.request_id, ''), coalesce(told.user_agent, ''), 'trigger',
			('[' || CASE WHEN pg_catalog.octet_length(e.changes) > 60000 THEN audit_capture_bounded(e.changes) ELSE e.changes END || ']')::jsonb,
			CASE WHEN pg_catalog.octet_length(e.changes) > 60000 THEN audit_capture_cut(audit_capture_fields(audit_capture_bounded(e.changes)), 200)
				%3$sWHEN pg_catalog.octet_length(e.fields) > 200 THEN audit_capture_cut(e.fields, 200) ELSE e.fields END,
			CASE WHEN pg_catalog.octet_length(e.id) > 255 THEN audit_capture_whole(%13$s, text 'object_id', e.id, true) ELSE %13$s END, 1
		FROM (SELECT %4$s AS org, %5$s AS id, %16$s%6$s AS action, %7$s AS nested,
			%8$s AS fields,
			%9$s AS changes
			FROM %10$s OFFSET 0) AS e%11$s$sql$,
		CASE WHEN org IS NOT NULL THEN pg_catalog.format('CASE WHEN pg_catalog.octet_length(e.org) > 255 THEN audit_capture_key(e.org, 255) ELSE coalesce(e.org, %s) END', default_org) ELSE default_org END,
		config ->> text 'type',
		CASE WHEN pg_catalog.cardinality(nested) > 0 THEN 'WHEN e.nested THEN audit_capture_cut(audit_capture_fields(e.changes), 200) ' END,
		coalesce(org, 'NULL::text'), id,
		CASE operation WHEN 'INSERT' THEN '''create''' WHEN 'DELETE' THEN '''destroy''' WHEN 'TRUNCATE' THEN '''truncate'''
			ELSE 'CASE WHEN o.m IS NULL THEN ''create'' WHEN n.m IS NULL THEN ''destroy'' ELSE ''update'' END' END,
		coalesce(nullif(pg_catalog.array_to_string(nested, ' OR '), ''), 'false'),
		CASE WHEN pg_catalog.cardinality(fields) > 0 THEN pg_catalog.format(pg_catalog.replace(told, '%s', '%1$s'), pg_catalog.array_to_string(fields, ', ')) ELSE '''''' END,
		CASE WHEN pg_catalog.cardinality(changes) > 0 THEN pg_catalog.format(pg_catalog.replace(told, '%s', '%1$s'), pg_catalog.array_to_string(changes, E',\n				')) ELSE '''''' END,
		source, CASE WHEN single THEN ' WHERE e.changes <> '''' AND NOT EXISTS (SELECT FROM old_rows OFFSET 1)'
			WHEN operation = 'UPDATE' THEN ' WHERE e.action <> ''update'' OR e.changes <> ''''' END,
		CASE WHEN NOT single THEN ' + pg_catalog.row_number() OVER ()' END,
		metadata, CASE WHEN parent IS NOT NULL THEN ' parent_type, parent_id,' END,
		CASE WHEN parent IS NOT NULL THEN pg_catalog.format('
			CASE WHEN e.parent IS NULL THEN '''' ELSE %L END, CASE WHEN e.parent IS NULL THEN '''' WHEN pg_catalog.octet_length(e.parent) > 255 THEN audit_capture_key(e.parent, 255) ELSE e.parent END,', config ->> text 'parent_type') END,
		parent || ' AS parent, ');
END
$$;

-- What the columns of a table are, as a number. It is called immutable although
-- it is not: with a constant of type regclass, PostgreSQL then asks it once and
-- keeps the answer until somebody alters that very table. To ask each time
-- would make a capture of one row up to a fifth dearer.
CREATE FUNCTION audit_capture_signature(relation regclass) RETURNS bigint
	LANGUAGE sql IMMUTABLE AS $$
	SELECT pg_catalog.bit_xor(pg_catalog.hashtextextended(a.attname::text, a.atttypid::bigint * 65536 + a.attnum::bigint)) FROM pg_catalog.pg_attribute AS a
	WHERE a.attrelid = relation::oid AND a.attnum > 0 AND NOT a.attisdropped
$$;

-- The body of the function that Watch makes for a table. It begins with what
-- Watch keeps of the table, in case that the function's comment is lost. The statements in it
-- name the columns that the table had then. Where its columns are others now,
-- the statement is made anew each time: slower, and nothing is missed until
-- Watch is called again. A column that is dropped or renamed never stops a write.
--
-- An expression of PL/pgSQL costs even if it is simple, since PostgreSQL begins
-- anew with it in each transaction: so there are few.
CREATE FUNCTION audit_capture_source(relation oid, config jsonb) RETURNS text
	LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN pg_catalog.format($source$
-- %1$s
<<context>>
DECLARE	at constant timestamptz := pg_catalog.clock_timestamp();
	-- The IDs: the time in 16 hexadecimal digits; behind it the variant and 61
	-- bits, at random, from where they count up. The one between is left free, so
	-- that this never overflows. gen_random_uuid would take a tenth of the whole;
	-- the transaction's number is there for sessions that called setseed.
	id_start constant text := pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM at) * 1000000.0)::bigint / 1000 * 65536 + 28672 + extract(microseconds FROM at)::int %% 1000), 16, '0');
	id_end constant bigint := pg_catalog.hashint8extended(pg_catalog.txid_current(), (pg_catalog.random() * 9e18::float8)::bigint) & 2305843009213693951 | '-9223372036854775808';
	told audit_capture_context;
BEGIN%8$s
	%2$s
	IF pg_catalog.current_setting('audit.context', true) <> '' THEN
		told := audit_capture_told(pg_catalog.current_setting('audit.context'));
	END IF;
	IF TG_OP = 'UPDATE' AND %3$s THEN
		%4$s;
		IF NOT FOUND THEN
		%5$s;
		END IF;
	ELSIF TG_OP = 'INSERT' AND %3$s THEN
		%6$s;
	ELSIF TG_OP = 'DELETE' AND %3$s THEN
		%7$s;
	ELSE
		PERFORM audit_capture_remember(TG_RELID, %1$L::jsonb);
		-- The last of them: a column may be called so.
		EXECUTE pg_catalog.regexp_replace(audit_capture_sql(TG_RELID, TG_OP, %1$L::jsonb, false), '^(.*OFFSET 0\) AS e)', '\1 CROSS JOIN (SELECT ($4).*) AS told CROSS JOIN (SELECT $1 AS at, $2 AS id_start, $3 AS id_end) AS context')
			USING at, id_start, id_end, told;
	END IF;
	RETURN NULL;
END
$source$, config::text,
		CASE WHEN (config ->> text 'skippable')::boolean THEN pg_catalog.format(
			$skip$IF %L = ANY (pg_catalog.string_to_array(pg_catalog.current_setting('audit.skip', true), ',')) THEN
		RETURN NULL;
	END IF;$skip$, config ->> text 'type') ELSE '' END,
		pg_catalog.format('TG_RELID = %1$L::oid AND audit_capture_signature(%1$L::regclass) = %2$L::bigint', relation, audit_capture_signature(relation)),
		audit_capture_sql(relation, text 'UPDATE', config, true), audit_capture_sql(relation, text 'UPDATE', config, false),
		audit_capture_sql(relation, text 'INSERT', config, false), audit_capture_sql(relation, text 'DELETE', config, false),
		CASE WHEN (config ->> text 'mapped')::boolean THEN pg_catalog.format($map$
	IF TG_OP = 'TRUNCATE' THEN
		UPDATE audit_capture_orgs AS was SET gone = true WHERE was.source = %6$L::text AND NOT was.gone;
	ELSIF TG_OP = 'DELETE' AND %1$s THEN
		%4$s;
	ELSIF TG_OP = 'UPDATE' AND %1$s THEN
		%5$s;
	ELSIF TG_OP <> 'INSERT' THEN
		EXECUTE audit_capture_sql(TG_RELID, text 'GONE', %3$L::jsonb, TG_OP = 'UPDATE');
	END IF;
	IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
		IF %1$s THEN
			%2$s;
		ELSE
			EXECUTE audit_capture_sql(TG_RELID, text 'MAP', %3$L::jsonb, false);
		END IF;
	END IF;$map$, pg_catalog.format('TG_RELID = %1$L::oid AND audit_capture_signature(%1$L::regclass) = %2$L::bigint', relation, audit_capture_signature(relation)),
			audit_capture_sql(relation, text 'MAP', config, false), config::text,
			audit_capture_sql(relation, text 'GONE', config, false), audit_capture_sql(relation, text 'GONE', config, true), config ->> text 'source') END);
END
$$;

-- The settings of the function that Watch makes, so that a value looks alike
-- whatever the session's own are. Each costs something at every call, so
-- there are only those that the table's types obey. Compiling (jit) such a
-- statement took ten times as long as running it on 10,000 rows.
CREATE FUNCTION audit_capture_settings(relation oid) RETURNS text
	LANGUAGE sql STABLE AS $$
	SELECT ' SET jit = off'
		|| CASE WHEN pg_catalog.bool_or(types.oid >= '16384' OR pg_catalog.replace(types.typname::text, '_', '') NOT IN ('bool', 'int2', 'int4', 'int8', 'oid', 'uuid',
			'text', 'varchar', 'bpchar', 'numeric', 'timestamptz', 'timestamp', 'date', 'bytea', 'json', 'jsonb', 'inet', 'cidr'))
			THEN ' SET extra_float_digits = 1 SET DateStyle = ''ISO, MDY'' SET TimeZone = ''UTC'' SET IntervalStyle = ''postgres''' ELSE '' END
	FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS types ON types.oid = a.atttypid
	WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
$$;

REVOKE ALL ON FUNCTION audit_capture_cut(text, int), audit_capture_key(text, int), audit_capture_whole(jsonb, text, text, boolean),
	audit_capture_told(text), audit_capture_sort(text),
	audit_capture_path(text, text), audit_capture_words(text), audit_capture_secret(text, text[]), audit_capture_walk(jsonb, text[], int),
	audit_capture_masked(jsonb, text[], int), audit_capture_paths(text, jsonb, jsonb, boolean, boolean, text[], int),
	audit_capture_json(json, text[]), audit_capture_texts(text, json, json, boolean, text[]), audit_capture_hstore(text), audit_capture_fields(text), audit_capture_bound(jsonb, int), audit_capture_bounded(text),
	audit_capture_orgs_key(text), audit_capture_org(text, text, boolean), audit_capture_type(oid), audit_capture_identity(oid), audit_capture_derives(oid, int, int[]), audit_capture_columns(oid, jsonb), audit_capture_remember(oid, jsonb), audit_capture_sql(oid, text, jsonb, boolean),
	audit_capture_signature(regclass), audit_capture_source(oid, jsonb), audit_capture_settings(oid) FROM PUBLIC;
