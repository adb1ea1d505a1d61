import PGWire

/// Objects of a database user that stand in for what statements mention: operators, functions, types
/// and relations, in a schema before `pg_catalog` and in `public`.
///
/// All but types raise an error when they are used, and leave a mark where a read-only transaction
/// lets them; types have a constraint that does.
struct PlantedObjects {
  /// What the statements mention, by what can be planted for it.
  private struct Words {
    var operators: Set<String> = []
    var functions: Set<String> = []
    var names: Set<String> = []

    init(_ statements: [String]) {
      for statement in statements {
        // Literals hold names of settings and the like, which are no SQL.
        let text = statement.replacing(#/'[^']*'/#, with: "''")
        operators.formUnion(text.matches(of: #/[-+*\/<>=~!@#%^&|?]+/#).map { String($0.output) })
        functions.formUnion(
          text.matches(of: #/([a-z_][a-z0-9_]*)\s*\(/#).map { String($0.output.1) })
        names.formUnion(text.matches(of: #/[a-z_][a-z0-9_]*/#).map { String($0.output) })
      }
    }
  }

  /// Plants everything, and lets every role use it.
  ///
  /// - Returns: How many operators, functions, types and relations there are.
  static func plant(for statements: [String], over sql: WireConnection) async throws -> [Int] {
    let words = Words(statements)
    try await sql.run(
      """
      CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil, public TO PUBLIC;
      CREATE SEQUENCE evil.marks; GRANT USAGE ON evil.marks TO PUBLIC;
      CREATE FUNCTION evil.caught(what text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
        BEGIN PERFORM pg_catalog.nextval('evil.marks'); EXCEPTION WHEN OTHERS THEN NULL; END;
        RAISE EXCEPTION 'caught %', what; END $$;
      """)
    try await plantOperators(list(words.operators), sql)
    try await plantFunctions(list(words.functions), sql)
    try await plantNames(list(words.names), sql)
    let counts = try await sql.rows(
      """
      SELECT (SELECT count(*) FROM pg_operator WHERE oprnamespace IN (\(schemas))),
        (SELECT count(*) FROM pg_proc WHERE pronamespace IN (\(schemas)) AND proname !~ '^op_'),
        (SELECT count(*) FROM pg_type WHERE typnamespace IN (\(schemas)) AND typtype = 'd'),
        (SELECT count(*) FROM pg_class WHERE relnamespace IN (\(schemas)) AND relkind = 'v')
      """)
    return (counts.first ?? []).compactMap { $0.flatMap { Int($0) } }
  }

  private static func list(_ texts: Set<String>) -> String {
    "ARRAY[\(texts.sorted().map(\.literal).joined(separator: ","))]::text[]"
  }

  private static func plantOperators(_ operators: String, _ sql: WireConnection) async throws {
    // The same types as the operators that are there: these win where the schema comes first.
    try await sql.run(
      """
      DO $do$ DECLARE o record; BEGIN
        FOR o IN SELECT oprname, oprleft::regtype::text AS l, oprright::regtype::text AS r,
            oprresult::regtype::text AS res, row_number() OVER () AS n
          FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprright <> 0
            AND oprname = ANY (\(operators))
        LOOP BEGIN
          EXECUTE format('CREATE FUNCTION evil.op_%s(%s) RETURNS %s LANGUAGE plpgsql AS '
            || '$b$ BEGIN PERFORM evil.caught(%L); END $b$', o.n,
            concat_ws(', ', nullif(o.l, '-'), o.r), o.res, 'operator ' || o.oprname);
          EXECUTE format('CREATE OPERATOR evil.%s (%s RIGHTARG = %s, FUNCTION = evil.op_%s)',
            o.oprname, CASE WHEN o.l <> '-' THEN 'LEFTARG = ' || o.l || ',' END, o.r, o.n);
        EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $do$
      """)
    // Pairs of types that no operator is there for: these win in public, by an exact match.
    try await sql.run(
      """
      DO $do$ DECLARE o record; BEGIN
        FOR o IN SELECT op, l.t AS l, r.t AS r, row_number() OVER () AS n,
            CASE op WHEN '||' THEN 'text' WHEN '->>' THEN 'text'
              ELSE CASE WHEN op ~ '[<>=~?@]' THEN 'bool' ELSE 'int8' END END AS res
          FROM unnest(\(operators)) AS op,
            unnest(\(pairTypes)) AS l (t), unnest(\(pairTypes)) AS r (t)
          WHERE l.t <> r.t AND op NOT IN ('*/', '=>') AND NOT EXISTS (SELECT FROM pg_operator
            WHERE oprname = op AND oprleft = l.t::regtype AND oprright = r.t::regtype)
        LOOP BEGIN
          EXECUTE format('CREATE FUNCTION public.op_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS '
            || '$b$ BEGIN PERFORM evil.caught(%L); END $b$', o.n, o.l, o.r, o.res,
            format('operator %s of %s and %s', o.op, o.l, o.r));
          EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, '
            || 'FUNCTION = public.op_%s)', o.op, o.l, o.r, o.n);
        EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $do$
      """)
  }

  private static func plantFunctions(_ functions: String, _ sql: WireConnection) async throws {
    try await sql.run(
      """
      DO $do$ DECLARE f record; BEGIN
        FOR f IN SELECT proname, pg_get_function_identity_arguments(oid) AS args, proretset,
            prorettype::regtype::text AS res
          FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
            AND proname = ANY (\(functions))
        LOOP BEGIN
          EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS '
            || '$b$ BEGIN PERFORM evil.caught(%L); END $b$', f.proname,
            regexp_replace(f.args, '(VARIADIC|ORDER BY) ', '', 'g'),
            CASE WHEN f.proretset THEN 'SETOF' ELSE '' END, f.res, 'function ' || f.proname);
        EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $do$
      """)
  }

  private static func plantNames(_ names: String, _ sql: WireConnection) async throws {
    try await sql.run(
      """
      DO $do$ DECLARE t record; BEGIN
        FOR t IN SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
          AND typtype = 'b' AND typname = ANY (\(names))
        LOOP
          EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.%1$I CHECK (evil.caught(%L))',
            t.typname, 'type ' || t.typname);
        END LOOP;
        FOR t IN SELECT relname AS typname FROM pg_class
          WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
            AND relname = ANY (\(names))
        LOOP
          EXECUTE format('CREATE VIEW evil.%I AS SELECT evil.caught(%L)', t.typname,
            'relation ' || t.typname);
          EXECUTE format('GRANT SELECT ON evil.%I TO PUBLIC', t.typname);
        END LOOP; END $do$
      """)
  }

  /// How often something planted was used by a transaction that may write.
  static func marks(_ sql: WireConnection) async throws -> Int {
    let row = try await sql.rows("SELECT last_value, is_called FROM evil.marks").first ?? []
    return row.last == "t" ? Int((row.first ?? nil) ?? "") ?? 0 : 0
  }

  /// Which of the statements would use something planted if they were run with these schemas first.
  ///
  /// A role that may use nothing of it has them planned, with no value for any parameter: the first
  /// use is then an error, before anything is run.
  static func captured(
    _ statements: [String], over sql: WireConnection, as role: String
  ) async throws -> [String] {
    try await sql.run(
      """
      REVOKE ALL ON ALL FUNCTIONS IN SCHEMA evil, public FROM PUBLIC;
      REVOKE ALL ON ALL TABLES IN SCHEMA evil FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION pg_catalog.pg_hba_file_rules() TO \(role);
      GRANT SELECT ON pg_catalog.pg_hba_file_rules TO \(role);
      SET ROLE \(role); SET search_path = evil, pg_catalog, public
      """)
    var captured: [String] = []
    for statement in statements {
      do {
        try await sql.run("PREPARE probe AS \(statement)")
        // As many as there are; only digits follow a dollar sign.
        let count = statement.matches(of: #/\$(\d+)/#).compactMap { Int($0.output.1) }.max() ?? 0
        let nulls = Array(repeating: "NULL", count: count).joined(separator: ", ")
        try await sql.run("EXPLAIN EXECUTE probe\(count == 0 ? "" : "(\(nulls))")")
      } catch {
        captured.append("\(error): \(statement)")
      }
      _ = try? await sql.query("DEALLOCATE probe")
    }
    try await sql.run("RESET ROLE; RESET search_path")
    return captured
  }

  private static let schemas = "'evil'::regnamespace, 'public'::regnamespace"
  private static let pairTypes = """
    ARRAY['oid','name','text','"char"','int2','int4','int8','regclass','regtype','regproc','varchar',
      'bool','pg_lsn','numeric','xid','timestamptz','interval','float8','bpchar','inet','jsonb',
      'int2vector','text[]','name[]','oid[]']
    """
}
