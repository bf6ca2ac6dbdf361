import Domains
import HTTPTypes
import Ledger
import Tables
import Tasks
import Testing
import VectorMath

@testable import Service

@Suite("Uploads under way")
struct UploadsUnderWayTests {
    /// An upload of `size` bytes that broke before its first byte was read.
    private func interrupted(size: Int, at time: Double) throws -> InterruptedUpload {
        let schema = TableSchema(fields: [.init(name: "colour", type: .string, categories: ["red", "blue"])])
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: nil, hash: .random,
            limits: TableLimits(bytes: 100, rows: 100))
        let upload = try UploadReader(
            headers: [.contentType: "text/csv"], file: TableFileReader(reader), byteLimit: 100)
        return InterruptedUpload(upload, blinding: .random(), size: size, at: time)
    }

    @Test("one upload a party at a time; another party is not kept waiting")
    func oneAtATime() throws {
        var uploads = UploadsUnderWay()
        #expect(try uploads.begin(of: "Alice", range: nil) == nil)
        #expect(throws: Problem.uploadUnderWay) { try uploads.begin(of: "Alice", range: nil) }
        #expect(throws: Problem.uploadUnderWay) { try uploads.interrupted(of: "Alice") }
        #expect(try uploads.begin(of: "Bob", range: nil) == nil)
        uploads.end(of: "Alice")
        #expect(try uploads.begin(of: "Alice", range: nil) == nil)
    }

    @Test("only the missing part of the same file continues what broke, and a refusal keeps it")
    func continuation() throws {
        var uploads = UploadsUnderWay()
        let rest = try #require(try UploadRange("bytes 10-99/100"))
        #expect(throws: Problem.wrongOffset(0)) { try uploads.begin(of: "Alice", range: rest) }
        let kept = try interrupted(size: 100, at: 0)
        uploads.interrupt(kept, of: "Alice")
        #expect(throws: Problem.wrongOffset(0)) { try uploads.begin(of: "Alice", range: rest) }
        #expect(try uploads.interrupted(of: "Alice") === kept)
        // From the start of the file it begins anew, and nothing is left of what broke.
        #expect(try uploads.begin(of: "Alice", range: UploadRange("bytes 0-99/100")) == nil)
        uploads.end(of: "Alice")
        #expect(try uploads.interrupted(of: "Alice") == nil)
    }

    @Test("what broke is forgotten after its quarter of an hour, with its party, or with all")
    func forgetting() throws {
        var uploads = UploadsUnderWay()
        for party in ["Alice", "Bob", "Carol"] {
            uploads.interrupt(try interrupted(size: 100, at: party == "Alice" ? 0 : 500), of: party)
        }
        uploads.forgetInterrupted(at: 899)
        #expect(try uploads.interrupted(of: "Alice") != nil)
        uploads.forgetInterrupted(at: 900)
        #expect(try uploads.interrupted(of: "Alice") == nil)
        uploads.forgetInterrupted(of: "Bob")
        #expect(try uploads.interrupted(of: "Bob") == nil)
        #expect(try uploads.interrupted(of: "Carol") != nil)
        uploads.forgetInterrupted()
        #expect(try uploads.interrupted(of: "Carol") == nil)
    }
}
