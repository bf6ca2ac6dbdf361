import Foundation
import Testing

@testable import Domains

@Suite struct SchemaProblemTests {
    static let mistakes: [(String, String)] = [
        (#""type":"string""#, "without declared values"),
        (#""type":"string","categories":[]"#, "empty list"),
        (#""type":"string","categories":["a","a"]"#, "twice"),
        (#""type":"string","categories":["a",""]"#, "missing value"),
        (#""type":"string","categories":["a"],"other":"a""#, "among the categories"),
        (#""type":"string","categories":["a"],"other":"""#, "for a missing value"),
        (#""type":"integer","constraints":{"minimum":0,"maximum":3},"other":"x""#, "without a list"),
        (#""type":"integer""#, "no bounds"),
        (#""type":"number","bins":{"count":4}"#, "bins without bounds"),
        (#""type":"number","constraints":{"minimum":3,"maximum":1}"#, "above maximum"),
        (#""type":"number","bins":{"edges":[1,3,2]}"#, "do not ascend"),
        (#""type":"number","bins":{"edges":[1]}"#, "fewer than two"),
        (#""type":"number","bins":{"edges":[1,2],"count":3}"#, "also a count"),
        (#""type":"number","constraints":{"minimum":0},"bins":{"edges":[1,2]}"#, "bin edges end at"),
        (#""type":"integer","bins":{"edges":[1,2.5]}"#, "integer with bin edges"),
        (#""type":"number","constraints":{"minimum":0,"maximum":1},"bins":{"count":0}"#, "0 bins"),
        (#""type":"number","constraints":{"minimum":0,"maximum":1},"bins":{"spikes":[2]}"#, "outside its bounds"),
        (#""type":"number","constraints":{"minimum":1,"maximum":1.0000000000000009}"#, "too narrow"),
        (#""type":"date","constraints":{"minimum":"2020-13-01","maximum":"2020-12-31"}"#, "not a date"),
        (#""type":"date","constraints":{"minimum":"01.02.2020","maximum":"2020-12-31"}"#, "not a date"),
        (#""type":"number","constraints":{"minimum":-1.7e308,"maximum":1.7e308}"#, "beyond ±1e300"),
        (#""type":"integer","categories":["1","x"]"#, "not a number"),
        (#""type":"boolean","trueValues":["1"],"falseValues":["1"]"#, "true and as false"),
        (#""type":"string","derivedFrom":{"field":"nowhere","prefix":2}"#, "unknown field"),
        (#""type":"string","derivedFrom":{"field":"x","prefix":2}"#, "circle"),
    ]

    @Test("each mistake in a field is named", arguments: mistakes)
    func mistake(json: String, what: String) throws {
        let error = #expect(throws: SchemaProblems.self) { try field(json) }
        #expect(error?.problems.allSatisfy { $0.what.contains(what) } == true, "\(error?.description ?? "")")
        #expect(error?.problems.first?.field == "x")
        #expect(error?.problems.first?.what.contains(what) == true, "\(error?.problems.first?.what ?? "")")
        #expect(error?.problems.first?.fix.isEmpty == false)
    }

    @Test("all mistakes come at once")
    func together() throws {
        let schema = try schema(
            #"""
            {"fields":[{"name":"a","type":"string"},{"name":"a","type":"integer"},
              {"name":"b","type":"number","constraints":{"minimum":2,"maximum":1}},
              {"name":"c","type":"string","derivedFrom":{"field":"b","prefix":1}}]}
            """#)
        let error = #expect(throws: SchemaProblems.self) { try TableDomain(schema: schema, keyColumns: []) }
        #expect(error?.problems.count == 4)
    }

    @Test("a domain that is too large is refused")
    func large() throws {
        let values = (0...(1 << 20)).map(String.init)
        let schema = TableSchema(fields: [Field(name: "x", type: .string, categories: values)])
        let error = #expect(throws: SchemaProblems.self) { try TableDomain(schema: schema, keyColumns: []) }
        #expect(error?.problems.first?.what.contains("1048578 cells") == true)
    }

    @Test(
        "an unknown key is refused, with a suggestion",
        arguments: [
            #"{"fields":[{"name":"x","type":"string","categries":["a"]}]}"#,
            #"{"fields":[{"name":"x","type":"number","bins":{"cout":3}}]}"#,
            #"{"fields":[{"name":"x","type":"string","derivedFrom":{"field":"y","prefx":2}}]}"#,
            #"{"fields":[{"name":"x","type":"number","constraints":{"minimun":3}}]}"#,
            #"{"feilds":[]}"#,
        ])
    func unknownKey(json: String) {
        let error = #expect(throws: DecodingError.self) { try schema(json) }
        #expect(error.map { "\($0)".contains("Did you mean") } == true)
    }

    @Test(
        "a way of writing that the reader would not obey is refused rather than read over",
        arguments: [
            #""type":"number","decimalChar":";""#, #""type":"number","groupChar":"x""#,
            #""type":"number","decimalChar":",","groupChar":",""#, #""type":"string","decimalChar":",""#,
            #""type":"date","format":"%Q""#, #""type":"date","format":"%Y""#, #""type":"number","format":"%d.%m.%Y""#,
            #""type":"string","codeList":"hs-1066""#,
        ])
    func writing(json: String) {
        #expect(throws: DecodingError.self) { try schema(#"{"fields":[{"name":"x",\#(json)}]}"#) }
    }

    @Test("a key rule reads one column or several, and its steps")
    func keyRule() throws {
        let decoder = JSONDecoder()
        let one = try decoder.decode(
            KeyRule.self, from: Data(#"{"column":"id","pattern":"^[0-9]+$","normalise":["trim","zero-fill:8"]}"#.utf8))
        #expect(one == KeyRule(columns: ["id"], pattern: "^[0-9]+$", normalise: [.trim, .zeroFill(8)]))
        #expect(try decoder.decode(KeyRule.self, from: JSONEncoder().encode(one)) == one)
        let several = try decoder.decode(KeyRule.self, from: Data(#"{"columns":["a","b"]}"#.utf8))
        #expect(several.columns == ["a", "b"])
        #expect(throws: DecodingError.self) {
            try decoder.decode(KeyRule.self, from: Data(#"{"column":"a","normalise":["zero-fill:x"]}"#.utf8))
        }
        #expect(KeyRule(columns: ["a"], pattern: "[0-9").problems.count == 1)
    }
}
