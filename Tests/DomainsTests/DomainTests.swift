import Foundation
import Testing

@testable import Domains

@Suite struct DomainTests {
    @Test("categories keep their declared order, then other, then missing")
    func categories() throws {
        let domain = try field(#""type":"string","categories":["low","med","high"],"other":"else""#)
        #expect(domain.size == 5)
        #expect(["low", "med", "high", "anything", "else", ""].map { domain.code(of: $0) } == [0, 1, 2, 3, 3, 4])
        #expect(domain.otherCode == 3)
        #expect(domain.missingCode == 4)
        #expect(domain.text(of: 3, fraction: 0) == "else")
        #expect(!domain.isOrdered)
    }

    @Test("a required field has no missing cell")
    func required() throws {
        let domain = try field(#""type":"string","categories":["a"],"constraints":{"required":true}"#)
        #expect(domain.size == 1)
        #expect(domain.missingCode == nil)
        #expect(domain.code(of: "") == nil)
    }

    @Test("categories may be objects with labels, and numbers")
    func labelled() throws {
        let domain = try field(#""type":"integer","categories":[{"value":1,"label":"low"},{"value":2,"label":"high"}]"#)
        #expect(domain.label(of: 1) == "high")
        #expect(domain.code(of: "2.0") == 1)
        #expect(domain.text(of: 1, fraction: 0) == "2")
    }

    @Test("booleans read several spellings and write the schema's first")
    func booleans() throws {
        let plain = try field(#""type":"boolean""#)
        #expect(["False", "1", "true", "0", ""].map { plain.code(of: $0) } == [0, 1, 1, 0, 2])
        #expect(plain.text(of: 1, fraction: 0) == "true")
        let own = try field(#""type":"boolean","trueValues":["J","ja"],"falseValues":["N"]"#)
        #expect(own.code(of: "ja") == 1)
        #expect(own.text(of: 1, fraction: 0) == "J")
        #expect(own.code(of: "true") == nil)
    }

    @Test(
        "an integer span of up to 1,024 gets one code a value",
        arguments: [(0, 1_024, 1_026, false), (-5, 5, 12, false), (0, 1_025, 34, true)])
    func integers(minimum: Int, maximum: Int, size: Int, isBinned: Bool) throws {
        let domain = try field(#""type":"integer","constraints":{"minimum":\#(minimum),"maximum":\#(maximum)}"#)
        #expect(domain.size == size)
        #expect(domain.isBinned == isBinned)
        #expect(domain.code(of: String(minimum)) == 0)
        #expect(domain.code(of: String(minimum - 1)) == nil)
        #expect(domain.code(of: String(maximum + 1)) == nil)
        #expect(domain.code(of: "\(maximum).0") == domain.code(of: " \(maximum)"))
        #expect(domain.code(of: "0.5") == nil)
    }

    @Test("dates get one code a day, or bins over days where the span is long")
    func dates() throws {
        let days = try field(#""type":"date","constraints":{"minimum":"2020-01-01","maximum":"2021-12-31"}"#)
        #expect(days.size == 732)
        #expect(days.code(of: "2020-02-29") == 59)
        #expect(days.code(of: "2021-02-29") == nil)
        #expect(days.text(of: 59, fraction: 0) == "2020-02-29")
        let bins = try field(#""type":"date","constraints":{"minimum":"1900-01-01","maximum":"2020-12-31"}"#)
        #expect(bins.size == 33)
        #expect(bins.code(of: bins.text(of: 31, fraction: 0.999)) == 31)
        #expect(bins.code(of: "1899-12-31") == nil)
    }

    @Test("zero has a cell of its own unless the schema says otherwise")
    func spikes() throws {
        let plain = try field(
            #""type":"number","constraints":{"minimum":0,"maximum":100,"required":true},"bins":{"count":10}"#)
        #expect(plain.size == 11)
        #expect(plain.label(of: 0) == "0")
        #expect(plain.label(of: 1) == "(0, 10)")
        #expect(plain.label(of: 10) == "[90, 100]")
        #expect(plain.code(of: "-0") == 0)
        #expect(plain.code(of: "1e-300") == 1)
        #expect(plain.code(of: "100.01") == nil)
        let none = try field(
            #""type":"number","constraints":{"minimum":0,"maximum":100,"required":true},"bins":{"count":10,"spikes":[]}"#
        )
        #expect(none.size == 10)
        #expect(none.label(of: 0) == "[0, 10)")
        let own = try field(
            #""type":"number","constraints":{"minimum":1,"maximum":9,"required":true},"bins":{"edges":[1,5,9],"spikes":[3,9]}"#
        )
        #expect((0..<own.size).map { own.label(of: $0) } == ["[1, 3)", "3", "(3, 5)", "[5, 9)", "9"])
    }

    @Test("a logarithmic scale is defined below, at and above zero")
    func logarithms() throws {
        let money = try field(
            #""type":"number","constraints":{"minimum":0,"maximum":1e12},"bins":{"count":32,"scale":"log"}"#)
        #expect(money.size == 34)
        #expect(money.code(of: "0") == 0)
        #expect(money.code(of: "1000000000000") == 32)
        let both = try field(
            #""type":"number","constraints":{"minimum":-1000,"maximum":1000},"bins":{"count":8,"scale":"log"}"#)
        #expect(both.code(of: "-1000") == 0)
        #expect(both.code(of: "1000") == 8)
        #expect(both.code(of: "0") == 4)
        let below = try field(
            #""type":"number","constraints":{"minimum":-1000,"maximum":-1},"bins":{"count":3,"scale":"log"}"#)
        #expect((0..<3).map { below.label(of: $0) } == ["[-1000, -100)", "[-100, -10)", "[-10, -1]"])
    }

    @Test("whole numbers in bins have whole edges that cover every value once")
    func wholeEdges() throws {
        let domain = try field(
            #""type":"integer","constraints":{"minimum":0,"maximum":5000,"required":true},"bins":{"count":40,"scale":"log"}"#
        )
        var next = 0.0
        for code in 0..<domain.size {
            let edges = try #require(domain.edges(of: code))
            #expect(edges.lower == next)
            next = edges.upper + 1
        }
        #expect(next == 5_001)
    }

    @Test("a derived column maps each parent code, whatever the order of declaration")
    func derived() throws {
        let schema = try schema(
            #"""
            {"fields":[
              {"name":"hs2","type":"string","derivedFrom":{"field":"hs4","prefix":2}},
              {"name":"hs4","type":"string","derivedFrom":{"field":"hs6","prefix":4}},
              {"name":"hs6","type":"string","categories":["010121","010129","020110","850440"],"other":"other"}]}
            """#)
        let domain = try TableDomain(schema: schema, keyColumns: [])
        #expect(domain.sizes == [5, 5, 6])
        #expect(domain.derivations.count == 2)
        let hs4 = try #require(domain.derivations.first { $0.column == 1 })
        #expect(hs4.parent == 2)
        #expect(hs4.map == [0, 0, 1, 2, 3, 4])
        let hs2 = try #require(domain.derivations.first { $0.column == 0 })
        #expect(hs2.map == [0, 1, 2, 3, 4])
    }

    @Test("a joined domain names columns after their party and moves derivations along")
    func joined() throws {
        let schema = try schema(
            #"{"fields":[{"name":"a","type":"string","categories":["xy"]},{"name":"b","type":"string","derivedFrom":{"field":"a","prefix":1}}]}"#
        )
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let joined = TableDomain.joined([("Alice", domain), ("Bob", domain)])
        #expect(joined.columns.map(\.name) == ["Alice_a", "Alice_b", "Bob_a", "Bob_b"])
        #expect(joined.derivations.map(\.column) == [1, 3])
        #expect(joined.derivations.map(\.parent) == [0, 2])
    }

    @Test("a domain survives encoding, and refuses to be decoded from nonsense")
    func coding() throws {
        let schema = try schema(
            #"""
            {"fields":[{"name":"s","type":"string","categories":["a","b"],"other":"o"},{"name":"t","type":"boolean"},
              {"name":"n","type":"number","constraints":{"minimum":0,"maximum":1e9},"bins":{"scale":"log"}},
              {"name":"d","type":"date","constraints":{"minimum":"2020-01-01","maximum":"2020-12-31"}},
              {"name":"p","type":"string","derivedFrom":{"field":"s","prefix":1}}]}
            """#)
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let bytes = try JSONEncoder().encode(domain)
        #expect(try JSONDecoder().decode(TableDomain.self, from: bytes) == domain)
        let text = String(decoding: bytes, as: UTF8.self)
        let broken = text.replacingOccurrences(of: #""map":[0,"#, with: #""map":[9,"#)
        #expect(broken != text)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(TableDomain.self, from: Data(broken.utf8))
        }
    }

    @Test("a schema survives encoding")
    func schemaCoding() throws {
        let schema = try schema(
            #"{"fields":[{"name":"x","type":"integer","categories":[{"value":1,"label":"one"}],"constraints":{"minimum":1,"required":true}}],"missingValues":["","NA"],"primaryKey":"id"}"#
        )
        #expect(schema.primaryKey == ["id"])
        let bytes = try JSONEncoder().encode(schema)
        #expect(try JSONDecoder().decode(TableSchema.self, from: bytes) == schema)
    }
}
