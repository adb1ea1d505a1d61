/// One change, for the screen.
struct DemoChange {
  enum Kind: String {
    case insert = "INSERT"
    case update = "UPDATE"
    case delete = "DELETE"
    case truncate = "TRUNCATE"
  }

  let kind: Kind
  let text: String
}
