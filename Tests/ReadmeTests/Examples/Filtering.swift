import ChangeFormats
import PGWire

func redacted(key: Password) -> ChangeFilter {
  let users = TablePattern(schema: "public", table: "users")
  return ChangeFilter(
    excluding: [TablePattern(schema: "audit")],
    columns: [
      ColumnRule(users, "password", .leftOut),
      ColumnRule(users, "email", .hashed(key: key)),
      ColumnRule(users, "notes", .truncated(to: 20)),
      ColumnRule(TablePattern(), "phone", .masked(with: "****")),
    ])
}
