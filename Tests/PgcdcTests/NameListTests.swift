import PgcdcArguments
import Testing

/// Names with commas between, as the command line takes publications.
@Suite struct NameListTests {
  @Test(arguments: [
    ("a", ["a"]), ("a,b", ["a", "b"]), (#""a,b""#, ["a,b"]), (#""a,b",c"#, ["a,b", "c"]),
    (#"c,"say ""hi""""#, ["c", #"say "hi""#]), (#"a"b"#, [#"a"b"#]), ("", [""]), ("a,", ["a", ""]),
    (#""""#, [""]), ("a b, c", ["a b", " c"]), (#""é,😀""#, ["é,😀"]),
    // An accent by itself joins with what stands before it.
    ("a,\u{301}b", ["a", "\u{301}b"]), ("\"\u{301}a\",b", ["\u{301}a", "b"]),
  ])
  func `names are split at commas outside of quotes`(text: String, names: [String]) {
    #expect(NameList.names(in: text) == names)
  }

  @Test(arguments: [#"""#, #""a"#, #""a"b"#, #"a,"b"#, #""a" ,b"#])
  func `a quote that isn't closed, or something behind one, is refused`(text: String) {
    #expect(NameList.names(in: text) == nil)
  }

  @Test(arguments: [[], ["a"], ["a,b", "say \"hi\"", "", "é😀"]])
  func `a list that is written is read again`(names: [String]) {
    #expect(NameList.names(in: NameList.text(of: names)) == (names.isEmpty ? [""] : names))
  }

  @Test(
    arguments: [
      ("a", ["a"]), ("a.b", ["a", "b"]), (#""a.b".c"#, ["a.b", "c"]),
      (#"s."x""y".c"#, ["s", "x\"y", "c"]),
      ("a,b.c", ["a,b", "c"]), ("", nil), ("a.", nil), (".a", nil), ("a..b", nil), (#""a"b"#, nil),
      (#""a"#, nil), (#""".b"#, nil),
    ] as [(String, [String]?)])
  func `a name with its qualifiers has dots between its parts`(text: String, parts: [String]?) {
    #expect(NameList.parts(ofQualified: text) == parts)
  }
}
