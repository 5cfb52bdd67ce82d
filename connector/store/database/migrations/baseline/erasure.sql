-- Takes everything that names an account of a tool out of what is kept: names, logins and what tells who is behind it
-- become the account itself.  The application may ask for it, and for nothing else in rows that are written once: which
-- names these are the rows say, not whoever asks; of a row with a hash the hash stays right (personal_data.sql).
-- Returns how many rows of each table were changed.
CREATE FUNCTION gatepost_erase_account(of_connection text, of_account text) RETURNS jsonb LANGUAGE plpgsql
SECURITY DEFINER AS $$
DECLARE
    names jsonb; patterns text[]; many bigint; counts jsonb := '{}'; one record; sets text; found text;
BEGIN
    IF of_account !~ '^[A-Za-z0-9:-]{1,128}$' THEN
        RAISE EXCEPTION 'no account: %', of_account USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT jsonb_build_object(of_account, coalesce(jsonb_agg(DISTINCT name), '[]')),
           array_agg(DISTINCT '%' || replace(replace(replace(shown, '\', '\\'), '%', '\%'), '_', '\_') || '%')
               || ARRAY['%"' || of_account || '"%']
    INTO names, patterns FROM (
        SELECT jsonb_array_elements_text(a.names -> of_account) AS name FROM audit AS a WHERE a.names ? of_account
        UNION SELECT jsonb_array_elements_text(d.names -> of_account) FROM decision AS d WHERE d.names ? of_account
        UNION SELECT n.named FROM submitted_command AS s, LATERAL (VALUES (s.account_name), (s.account_login)) AS n (named)
              WHERE s.account = of_account
        UNION SELECT person ->> 'name' FROM work_item AS w, jsonb_path_query(w.snapshot,
                  '$.** ? (exists(@.identities) && @.id == $id)', jsonb_build_object('id', of_account)) AS person
              WHERE w.connection = of_connection AND w.snapshot::text LIKE '%"' || of_account || '"%'
    ) AS held, LATERAL (VALUES (name), (trim(BOTH '"' FROM to_jsonb(name)::text))) AS s (shown)
    WHERE name <> '' AND name <> of_account;
    names := coalesce(names, jsonb_build_object(of_account, '[]'::jsonb));
    patterns := coalesce(patterns, ARRAY['%"' || of_account || '"%']);

    -- What is hashed: with the names that the row itself has beside it.
    UPDATE audit AS a SET actor = gatepost_text_without_names(a.actor, a.names, of_account),
           detail = gatepost_without_names(a.detail, a.names, of_account), names = a.names - of_account
    WHERE a.names ? of_account;
    GET DIAGNOSTICS many = ROW_COUNT;
    counts := counts || jsonb_build_object('audit', many);
    UPDATE decision AS d SET verdict = gatepost_without_names(d.verdict, d.names, of_account),
           evidence = gatepost_without_names(d.evidence, d.names, of_account), names = d.names - of_account
    WHERE d.names ? of_account;
    GET DIAGNOSTICS many = ROW_COUNT;
    counts := counts || jsonb_build_object('decision', many);

    FOR one IN SELECT * FROM (VALUES
        ('command', '{person}'::text[], '{content}'::text[]),
        ('submitted_command', '{account_name,account_login,given_by,text}', '{}'),
        ('plan_version', '{}', '{approved_by}'),
        ('verdict_version', '{explanation}', '{record,facts,verdict,findings,measure_state,edits}'),
        ('figures_version', '{owner,decided_owner,deviation_reason}', '{}'),
        ('measure_figures', '{owner,decided_owner,deviation_reason}', '{}'),
        ('measure', '{owner,sponsor,controller,explanation}', '{facts,verdict,findings,measure_state}'),
        ('work_item', '{}', '{snapshot}'),
        ('outbox', '{}', '{target_values,changes,reply_comment}'),
        ('alert', '{}', '{detail}')
    ) AS wanted (name, texts, documents) LOOP
        SELECT string_agg(format('%1$I = gatepost_text_without_names(t.%1$I, $1)', part), ', ') INTO sets
        FROM unnest(one.texts) AS part;
        SELECT concat_ws(', ', sets, string_agg(format('%1$I = gatepost_without_names(t.%1$I, $1)', part), ', '))
        INTO sets FROM unnest(one.documents) AS part;
        SELECT string_agg(format('t.%I::text LIKE ANY ($2)', part), ' OR ') INTO found
        FROM unnest(one.texts || one.documents) AS part;
        EXECUTE format('UPDATE %I AS t SET %s WHERE %s', one.name, sets, found) USING names, patterns;
        GET DIAGNOSTICS many = ROW_COUNT;
        counts := counts || jsonb_build_object(one.name, many);
    END LOOP;
    UPDATE subscription_delivery AS d SET body = gatepost_without_names(d.body::jsonb, names)::text
    WHERE d.event <> 'audit.head' AND d.body::jsonb::text LIKE ANY (patterns);
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN counts || jsonb_build_object('subscription_delivery', many);
END $$;

-- The session's temporary tables last: nobody puts one in the place of ours.
DO $make$ BEGIN
    EXECUTE format('ALTER FUNCTION gatepost_erase_account(text, text) SET search_path = pg_catalog, %I, pg_temp',
                   current_schema());
END $make$;
