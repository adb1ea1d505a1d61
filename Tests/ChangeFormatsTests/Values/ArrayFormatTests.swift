import PGOutput
import PGOutputTestSupport
import ReplicationTestKit
import Testing

@testable import ChangeFormats

/// Array literals as a server prints them, and their JSON.
@Suite struct JSONArrayTests {
  @Test(
    arguments: [
      (1007, "{}", "[]"), (1007, "{1}", "[1]"), (1007, "{1,NULL,-3}", "[1,null,-3]"),
      (1007, "{{1,2},{3,NULL}}", "[[1,2],[3,null]]"),
      (1007, "{{{1}},{{2}}}", "[[[1]],[[2]]]"), (1007, "{{{{{{7}}}}}}", "[[[[[[7]]]]]]"),
      (1007, "[0:1][5:5]={{1},{2}}", "[[1],[2]]"), (1007, "[-2:-1]={1,2}", "[1,2]"),
      (1000, "{t,f,NULL}", "[true,false,null]"),
      (1016, "{9223372036854775807}", "[9223372036854775807]"),
      (1022, "{1.5,NaN,-Infinity}", #"[1.5,"NaN","-Infinity"]"#),
      (1231, "{0.10,NaN}", #"["0.10","NaN"]"#),
    ] as [(UInt32, String, String)])
  func numbers(type: UInt32, text: String, json: String) throws {
    #expect(try Lines.value(text, type) == json)
  }

  @Test(
    arguments: [
      (#"{a,"b,c",NULL,"NULL",""}"#, #"["a","b,c",null,"NULL",""]"#),
      (#"{"q\"q","b\\b","{}"," "}"#, #"["q\"q","b\\b","{}"," "]"#),
      (#"{null,nUlL,"null"}"#, #"["null","nUlL","null"]"#),
      ("{é,\"漢 字\"}", "[\"é\",\"漢 字\"]"),
      ("{\"line\nbreak\ttab\"}", #"["line\nbreak\ttab"]"#),
      (#"{"[0:1]={1}",x=y,a;b}"#, #"["[0:1]={1}","x=y","a;b"]"#),
    ])
  func `texts, with quotes and escapes`(text: String, json: String) throws {
    for type: UInt32 in [1009, 1015, 1014, 1003] {
      #expect(try Lines.value(text, type) == json)
    }
  }

  @Test(
    arguments: [
      (1185, #"{"2024-01-02 03:04:05+00",infinity}"#, #"["2024-01-02T03:04:05Z","infinity"]"#),
      (1115, #"{"2024-01-02 03:04:05.5"}"#, #"["2024-01-02T03:04:05.5"]"#),
      (1001, #"{"\\x00ff","\\x"}"#, #"["\\x00ff","\\x"]"#),
      (199, #"{"{\"a\": [1,\n 2]}","null",NULL}"#, #"[{"a": [1,  2]},null,null]"#),
      (3807, #"{"[\"\\\"\"]"}"#, #"[["\""]]"#),
      (1020, "{(1,1),(0,0);(2,2),(1,1)}", #"["(1,1),(0,0)","(2,2),(1,1)"]"#),
      (1182, "{2024-01-02}", #"["2024-01-02"]"#),
      (3905, #"{"[1,5)",empty}"#, #"["[1,5)","empty"]"#),
      (
        2951, "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", #"["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]"#
      ),
    ] as [(UInt32, String, String)])
  func `values of other types`(type: UInt32, text: String, json: String) throws {
    let unescaped = type == 199 ? text.replacing("\\n", with: "\n") : text
    #expect(try Lines.value(unescaped, type) == json)
  }

  @Test(arguments: [
    "", "1", "{", "}", "{1", "1}", "{1}}", "{1}x", "{1,}", "{,1}", "{1,,2}", "{1;2}", "{{1},2}",
    "{1,{2}}", "{{1}{2}}", "{{1},{}}", "{{}}", "{1 }", "{ 1}", "{\"1}", "{\"1\"2}", "{1\"2\"}",
    #"{\1}"#, #"{"1\"#, "[0:1]", "[0:1]{1}", "[x]={1}", "={1}", "[0:1]=", "{{{{{{{1}}}}}}}", "{x}",
    "{1.5}",
  ])
  func `what is no array of numbers`(text: String) {
    #expect(throws: FormatError.self) { try Lines.value(text, 1007) }
  }

  @Test func `an error names the array's type`() throws {
    let found = #expect(throws: FormatError.self) { try Lines.value("{1,x}", 1007) }
    #expect(
      found?.description
        == "change at 0/1A2B300: column c of public.t holds no text of type int4[]")
  }

  private static let mood = TypeName(oid: 70_001, namespace: "public", name: "mood")

  @Test(
    arguments: [
      (#"{sad,"so-so, \"really\"",NULL}"#, #"["sad","so-so, \"really\"",null]"#),
      ("{{a},{b}}", #"[["a"],["b"]]"#), ("{}", "[]"),
    ])
  func `an array of a user's type is one of strings`(text: String, json: String) throws {
    let array = TypeName(oid: 70_000, namespace: "public", name: "_mood")
    let catalog = TypeCatalog([
      .init(Self.mood, .enumeration(labels: [])),
      .init(array, .array(element: Self.mood.oid, delimiter: 0x2C)),
    ])
    #expect(try Lines.value(text, 70_000, types: catalog) == json)
  }

  @Test func `the catalogue tells what stands between an array's values`() throws {
    let name = TypeName(oid: 70_001, namespace: "public", name: "geometry")
    let array = TypeName(oid: 70_000, namespace: "public", name: "_geometry")
    let catalog = TypeCatalog([
      .init(name, .base), .init(array, .array(element: name.oid, delimiter: 0x3A)),
    ])
    #expect(try Lines.value("{0101:NULL:02}", 70_000, types: catalog) == #"["0101",null,"02"]"#)
  }

  @Test(arguments: ["{a,b}", "{}", "a", #"{"x"}"#])
  func `a name like an array's is no proof that it is one`(text: String) throws {
    // An enum may be called so, and have this label.
    let type = PgOutputEncoder.type(70_000, namespace: "public", name: "_x")
    let json = #"""# + text.replacing(#"""#, with: #"\""#) + #"""#
    #expect(try Lines.value(text, 70_000, type: type) == json)
    let catalog = TypeCatalog([
      .init(TypeName(oid: 70_000, namespace: "public", name: "_x"), .enumeration(labels: []))
    ])
    #expect(try Lines.value(text, 70_000, type: type, types: catalog) == json)
  }

  @Test func `no array literal traps, however cut or changed`() throws {
    let text = Array(#"[0:1][1:2]={{1,NULL},{"a\"b",é}}"#.utf8)
    for count in 0...text.count {
      for last: UInt8 in [0, 0x22, 0x2C, 0x5C, 0x7B, 0x7D, 0xFF] {
        for type: UInt32 in [1007, 1009, 199, 1020] {
          _ = try? Lines.value(text.prefix(count) + [last], type)
        }
      }
    }
  }
}
