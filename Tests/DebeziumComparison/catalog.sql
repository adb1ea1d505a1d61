-- What the catalog says of the published tables and of their columns' types, as one line of JSON.
WITH tables AS (
  SELECT c.oid, c.relname FROM pg_publication_tables p JOIN pg_class c ON c.relname = p.tablename
  WHERE p.pubname = 'p' AND c.relnamespace = 'public'::regnamespace
), columns AS (
  SELECT a.attrelid, a.attname, a.attnum, a.atttypid, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS expression
  FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
), own AS (
  SELECT DISTINCT t.oid, t.typname, t.typtype, t.typelem, t.typcategory, t.typbasetype
  FROM columns c JOIN pg_type t ON t.oid = c.atttypid WHERE t.oid >= 16384
)
SELECT json_build_object(
  'types', (
    SELECT json_agg(json_build_object(
      'oid', oid::int8, 'name', typname,
      'labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = own.oid),
      'base', CASE typtype WHEN 'd' THEN typbasetype::int8 END,
      'element', CASE typcategory WHEN 'A' THEN typelem::int8 END) ORDER BY oid)
    FROM own),
  'tables', (
    SELECT json_agg(json_build_object(
      'oid', oid::int8,
      'primaryKey', COALESCE((
        SELECT json_agg(c.attname ORDER BY k.place)
        FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, place), columns c
        WHERE i.indrelid = tables.oid AND i.indisprimary AND c.attrelid = tables.oid AND c.attnum = k.number), '[]'),
      'columns', (
        SELECT json_agg(json_build_object(
          'name', attname, 'isNotNull', attnotnull, 'defaultExpression', expression) ORDER BY attnum)
        FROM columns WHERE attrelid = tables.oid)) ORDER BY oid)
    FROM tables));
