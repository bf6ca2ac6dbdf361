import Foundation
import Linkage
import Testing

@Suite struct CLKTests {
    @Test("filters are clkhash's, bit by bit, by either hash, either strategy and every comparison")
    func vectors() throws {
        let vectors = try LinkageVectors.read()
        let schemas = try LinkageVectors.schemas()
        #expect(schemas.count == 2)
        for (schema, expected) in zip(schemas, vectors.clks) {
            var encoder = CLKEncoder(try CLKSchema(json: schema), secret: Array(vectors.secret.utf8))
            let filters = try vectors.records.map { Data(try encoder.encode($0)).base64EncodedString() }
            #expect(filters == expected.filters)
        }
    }

    @Test("a schema that is not clkhash's third, or asks for what is not encoded, is refused with a sentence")
    func refusals() throws {
        let good = String(decoding: try LinkageVectors.schemas()[0], as: UTF8.self)
        let changes = [
            ("\"version\":3", "\"version\":2"), ("\"HKDF\"", "\"legacy\""), ("\"xor_folds\":0", "\"xorFolds\":1"),
            ("doubleHash", "blakeHash"), ("bitsPerFeature", "bitsPerNothing"), ("\"numeric\"", "\"soundex\""),
        ]
        for (from, to) in changes {
            let changed = good.replacing(from, with: to)
            #expect(changed != good, "\(from)")
            #expect(throws: CLKError.self, "\(from)") { _ = try CLKSchema(json: Array(changed.utf8)) }
        }
    }

    @Test("a schema that has a name twice is refused: the parties would encode by two of them")
    func nameTwice() throws {
        let good = String(decoding: try LinkageVectors.schemas()[0], as: UTF8.self)
        let twice = good.replacing("{", with: "{\"version\":3,", maxReplacements: 1)
        #expect(throws: CLKError.schema("it is no JSON in UTF-8 that has each name once")) {
            try CLKSchema(json: Array(twice.utf8))
        }
    }

    @Test("a record of the wrong shape, or with a value that its format does not read, is refused without the value")
    func records() throws {
        let vectors = try LinkageVectors.read()
        var encoder = CLKEncoder(try CLKSchema(json: try LinkageVectors.schemas()[0]), secret: [1])
        #expect(throws: CLKError.columns(expected: 5, found: 1)) { _ = try encoder.encode(["a"]) }
        var record = vectors.records[0]
        record[3] = "3 April 1965"
        #expect(throws: CLKError.value(feature: "born")) { _ = try encoder.encode(record) }
    }
}
