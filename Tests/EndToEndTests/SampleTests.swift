import Attestation
import Client
import Crypto
import Foundation
import Ledger
import Tasks
import Testing

@testable import Service

@Suite("Samples, live", .serialized, .timeLimit(.minutes(30)), .live)
struct SampleTests {
    /// Headers of an answer by lower-case name, its status, and its body.
    private func whole(
        _ calls: RawCalls, _ path: String, _ headers: [String] = []
    ) async throws -> (status: Int, headers: [String: String], body: String) {
        let answer = try await calls(path, ["-D", "head"] + headers.flatMap { ["-H", $0] })
        let head = try String(contentsOf: calls.directory.appending(path: "head"), encoding: .utf8)
        var found: [String: String] = [:]
        for line in head.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { found[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        return (answer.status, found, answer.body)
    }

    @Test("a seeded download has a strong tag, answers ranges, and resumes where it was cut off")
    func ranges() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await live.trainByCurl()
            let carol = try await RawCalls(live, as: "Carol")
            let path = "/samples?num_samples=300&seed=5"
            let full = try await whole(carol, path)
            let tag = try #require(full.headers["etag"])
            #expect(full.status == 200 && tag.hasPrefix("\"") && full.headers["accept-ranges"] == "bytes")
            #expect(full.headers["entrepot-seed"] == "5")
            let total = full.body.utf8.count

            let rest = try await whole(carol, path, ["Range: bytes=1000-", "If-Range: \(tag)"])
            #expect(rest.status == 206)
            #expect(rest.headers["content-range"] == "bytes 1000-\(total - 1)/\(total)")
            #expect(rest.headers["content-length"] == "\(total - 1000)")
            #expect(rest.body == String(decoding: Array(full.body.utf8)[1000...], as: UTF8.self))
            let middle = try await whole(carol, path, ["Range: bytes=10-19"])
            #expect(
                middle.status == 206 && middle.body == String(decoding: Array(full.body.utf8)[10..<20], as: UTF8.self))
            let outside = try await whole(carol, path, ["Range: bytes=\(total)-"])
            #expect(outside.status == 416 && outside.headers["content-range"] == "bytes */\(total)")
            let changed = try await whole(carol, path, ["Range: bytes=10-19", "If-Range: \"another\""])
            #expect(changed.status == 200 && changed.body == full.body)
            let unchanged = try await whole(carol, path, ["If-None-Match: \(tag)"])
            #expect(unchanged.status == 304 && unchanged.body.isEmpty && unchanged.headers["etag"] == tag)
            for other in ["seed=6&num_samples=300", "seed=5&num_samples=301", "seed=5&num_samples=300&format=ndjson"] {
                #expect(try await whole(carol, "/samples?" + other).headers["etag"] != tag, "\(other)")
            }
            // Known length: told the second time.
            #expect(try await whole(carol, path).headers["content-length"] == "\(total)")
            // A range of rows that nobody can ask for again would be of no use.
            let fresh = try await whole(carol, "/samples?num_samples=300", ["Range: bytes=10-19"])
            #expect(fresh.status == 200)
        }
    }

    @Test("conditions hold in every row, columns come as asked, and what the model has not is refused")
    func choices() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await live.trainByCurl()
            let carol = try await RawCalls(live, as: "Carol")
            let rows = try await carol(
                "/samples?num_samples=200&seed=1&columns=Bob_safety,Alice_doors&where=Alice_doors%3D5more&where=Bob_safety=low"
            )
            let lines = rows.body.split(separator: "\n")
            #expect(lines.count == 201 && lines[0] == "Bob_safety,Alice_doors")
            #expect(lines.dropFirst().allSatisfy { $0 == "low,5more" })
            for wrong in ["where=Alice_doors", "where=id%3D1", "where=Alice_doors%3D7", "columns=id"] {
                let answer = try await carol("/samples?" + wrong)
                #expect(answer.status == 422 && answer.code == "validation", "\(wrong)")
            }
            let slip = try await carol("/samples?where=Alice_dors%3D2")
            #expect(
                slip.body.contains("there is no column Alice_dors") && slip.body.contains("Did you mean Alice_doors?"))
            #expect(try await carol("/samples?where=Alice_doors%3D7").body.contains("7 lies outside the domain"))
            // An argument that is not known must not pass for one that is.
            for (path, meant) in [
                ("/samples?rows=5", "num_samples"), ("/samples?num_sample=5", "num_samples"),
                ("/samples?filter=x", "where"),
                ("/columns?partie=mine", "party"), ("/samples?seed=1&Seed=1", "seed"), ("/details?x=1", "takes none"),
                ("/model_status?verbos=1", "verbose"), ("/healthz?x", "takes none"),
            ] {
                let answer = try await carol(path)
                #expect(answer.status == 400 && answer.code == "unknown_argument", "\(path)")
                #expect((answer.object["hint"] as? String)?.contains(meant) == true, "\(path): \(answer.body)")
            }
            #expect(try await carol("/sample").body.contains("Did you mean /samples?"))
            #expect(
                try await whole(carol, "/formats").headers["entrepot-formats"] == "csv, json, ndjson, arrow, parquet")
            // The model for every party, and its digest in the ledger.
            let olaf = try await RawCalls(live, as: "Olaf")
            let model = try await olaf("/model", ["-o", "task.model"])
            #expect(model.status == 200 && model.type == "application/octet-stream")
            let file = try Data(contentsOf: olaf.directory.appending(path: "task.model"))
            let digest = SHA256.hash(data: file).map { String(format: "%02x", $0) }.joined()
            #expect(try live.service.driver.ledger.modelDigest() == digest)
            // Imputations: other rows for each number, the same again, and nothing without a seed.
            let first = try await carol("/samples?num_samples=50&seed=3&imputation=1")
            #expect(first.status == 200)
            #expect(try await carol("/samples?num_samples=50&seed=3&imputation=1").body == first.body)
            #expect(try await carol("/samples?num_samples=50&seed=3&imputation=2").body != first.body)
            for wrong in ["imputation=1", "imputation=0&seed=3", "imputation=1&seed=3&draws=balanced", "draws=odd"] {
                #expect(try await carol("/samples?" + wrong).status == 422, "\(wrong)")
            }
            let parquet = try await carol("/samples?format=parquet&num_samples=5", ["-o", "rows.parquet"])
            #expect(parquet.type == "application/vnd.apache.parquet")
            let file5 = try Data(contentsOf: carol.directory.appending(path: "rows.parquet"))
            #expect(file5.starts(with: Array("PAR1".utf8)) && file5.suffix(4).elementsEqual(Array("PAR1".utf8)))
            #expect(try await carol("/formats").body == "[\"csv\",\"json\",\"ndjson\",\"arrow\",\"parquet\"]")
            #expect(try await carol("/formats?all=1").body == "[\"csv\",\"json\",\"ndjson\",\"arrow\",\"parquet\"]")
            #expect(try await carol("/columns").body.contains("Alice_"), "who brings no table sees every provider's")
            let arrow = try await carol("/samples?format=arrow&num_samples=5", ["-o", "rows.arrows"])
            #expect(arrow.type == "application/vnd.apache.arrow.stream")
            let bytes = try Data(contentsOf: carol.directory.appending(path: "rows.arrows"))
            #expect(
                bytes.starts(with: [0xFF, 0xFF, 0xFF, 0xFF])
                    && bytes.suffix(8).elementsEqual([255, 255, 255, 255, 0, 0, 0, 0]))
        }
    }

    @Test("what the service signed of samples verifies without it; changed samples and changed words do not")
    func provenance() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await live.trainByCurl()
            let path = live.directory.appending(path: "rows.csv").path
            _ = try await live.asParty("Carol") { connection in
                try await connection.samples(.init(rows: 100, conditions: ["Alice_doors=2"]), file: path)
            }
            let file = try Data(contentsOf: URL(fileURLWithPath: SampleProvenance.path(of: path)))
            let provenance = try SampleProvenance(json: Array(file))
            let digest = try SampleProvenance.digest(ofFile: path)
            let roots = TrustRoots().trustingSimulated(root: live.attester.root)
            let allowed = ReleaseManifest(releases: [live.attester.release])
            let report = try provenance.verify(
                samples: digest,
                trust: TrustPolicy(now: 0, roots: roots, allowed: allowed, allowDebug: true))
            #expect(report.refusals.isEmpty)
            #expect(provenance.statement.task.hex == live.specification.digest.hex)
            #expect(provenance.statement.epsilon == 3)
            #expect(provenance.statement.query.hasPrefix("format=csv&num_samples=100&seed="))
            #expect(provenance.statement.query.hasSuffix("&where=Alice_doors%3D2"))
            #expect(try live.service.driver.ledger.modelDigest() == provenance.statement.model.hex)
            #expect(throws: ReceiptError.otherSamples) {
                _ = try provenance.verify(samples: LedgerHash(of: [1]), trust: TrustPolicy(now: 0, roots: roots))
            }
            #expect(throws: ReceiptError.self) {
                _ = try provenance.verify(samples: digest, trust: TrustPolicy(now: 0, roots: TrustRoots()))
            }
            let forged = String(decoding: file, as: UTF8.self).replacingOccurrences(of: "spent 3.0", with: "spent 1.0")
            let changed = try SampleProvenance(json: Array(forged.utf8))
            #expect(changed.statement.epsilon == 1)
            #expect(throws: ReceiptError.checkpointSignature) {
                _ = try changed.verify(samples: digest, trust: TrustPolicy(now: 0, roots: roots))
            }
            // Asked again, of rows that anybody downloaded with the seed: the same statement of the same bytes.
            let carol = try await RawCalls(live, as: "Carol")
            let again = try await carol("/samples/provenance?\(provenance.statement.query)")
            #expect(try SampleProvenance(json: Array(again.body.utf8)).statement.sha256 == digest)
            #expect(try await carol("/samples/provenance?num_samples=5").status == 422)
            #expect(try await RawCalls(live, as: "Olaf")("/samples/provenance?seed=1").status == 403)
        }
    }
}
