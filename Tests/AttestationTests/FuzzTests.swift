import Foundation
import Testing
import VectorMath

@testable import Attestation

/// Seeded random inputs. `ENTREPOT_FUZZ` sets how many each test tries; the default keeps `make test` short.
@Suite("Random input")
struct FuzzTests {
    static let count = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 20_000

    /// One to four changes: a byte replaced, removed or inserted, or the end cut off.
    static func mutated(_ original: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(.random(in: 0...255, using: &random), at: place)
            default: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) / 4)
            }
        }
        return bytes
    }

    @Test("CBOR neither crashes nor decodes to something that encodes longer than it was")
    func cbor() throws {
        var random = SplitMix64(state: 20_261_121)
        for _ in 0..<FuzzTests.count * 5 {
            let count = Int.random(in: 0..<40, using: &random)
            // Initial bytes of every major type come up more often than by chance.
            let bytes = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random)
                    : [0x81, 0xA1, 0x9F, 0xBF, 0xFF, 0x00, 0x18, 0x41, 0x61, 0xF6, 0xA2, 0x82].randomElement(
                        using: &random) ?? 0
            }
            if let value = try? CBOR(decoding: bytes, lengths: .definiteOrIndefinite) {
                let encoded = value.encoded
                #expect(encoded.count <= bytes.count)
                #expect(try CBOR(decoding: encoded, lengths: .definite) == value)
            }
        }
    }

    @Test(
        "parsers of documents, reports, quotes, certificates and envelopes do not crash",
        .enabled(if: Vectors.arePresent, Vectors.absence))
    func parsers() async throws {
        var random = SplitMix64(state: 77)
        let documents = try NegativeCase.all("nitro").map { try Vectors.bytes("nitro/negative/" + $0.file) }
        let reports = try SNPVectorTests.samples.map { try SNPVectorTests.report($0.report) }
        let quotes = try NegativeCase.all("tdx").map { try Vectors.bytes("tdx/negative/" + $0.file) }
        let certificates =
            try SNPVectorTests.certificates(["ask_ark_milan.pem", "milan_virtee_vcek.der"])
            + CertificateFile.certificates(Vectors.bytes("nitro/aws_nitro_root_g1.pem"))
        let envelopes = [try await SimulatedScene().evidence().json()]
        for round in 0..<FuzzTests.count {
            let corpus = [documents, reports, quotes, certificates, envelopes][round % 5]
            let bytes = FuzzTests.mutated(try #require(corpus.randomElement(using: &random)), &random)
            switch round % 5 {
            case 0: _ = try? NitroDocument(bytes: bytes)
            case 1: _ = try? SNPReport(bytes: bytes)
            case 2: _ = try? TDXQuote(bytes: bytes)
            case 3: _ = try? CertificateFile.certificates(bytes)
            default: _ = try? Evidence(json: bytes)
            }
        }
    }

    @Test("no mutated document is accepted", .enabled(if: Vectors.arePresent, Vectors.absence))
    func documents() throws {
        var random = SplitMix64(state: 8)
        let corpus = try NitroCase.all.map { ($0, try Vectors.bytes("nitro/" + $0.file)) }
        for _ in 0..<FuzzTests.count / 8 {
            let (expected, original) = try #require(corpus.randomElement(using: &random))
            let bytes = FuzzTests.mutated(original, &random)
            guard bytes != original else { continue }
            let verifier = EvidenceVerifier(roots: .vendors, now: expected.timestampMs / 1_000)
            #expect(throws: EvidenceError.self) { try verifier.verify(document: bytes, format: .nitro) }
        }
    }

    @Test("no mutated report or quote is accepted", .enabled(if: Vectors.arePresent, Vectors.absence))
    func reportsAndQuotes() throws {
        var random = SplitMix64(state: 9)
        let report = try SNPVectorTests.report("genoa_microsoft_report.bin")
        let certificates = try SNPVectorTests.certificates(["genoa_microsoft_vcek.pem", "ask_ark_genoa.pem"])
        let quote = try Vectors.bytes("tdx/negative/ok.bin")
        let verifier = EvidenceVerifier(roots: .vendors, now: SNPVectorTests.time)
        for _ in 0..<FuzzTests.count / 16 {
            let changedReport = FuzzTests.mutated(report, &random)
            if changedReport != report {
                #expect(throws: EvidenceError.self) {
                    try verifier.verify(document: changedReport, format: .sevSNP, certificates: certificates)
                }
            }
            let changedQuote = FuzzTests.mutated(quote, &random)
            // Zeros after a quote are padding.
            let isPadded = changedQuote.starts(with: quote) && changedQuote[quote.count...].allSatisfy { $0 == 0 }
            if !isPadded {
                #expect(throws: EvidenceError.self) { try verifier.verify(document: changedQuote, format: .tdx) }
            }
        }
    }

    @Test("changed images, certificates and lists of releases are refused or read, and nothing traps")
    func files() throws {
        var random = SplitMix64(state: 41)
        let image = EnclaveImageTests.image([
            EnclaveImageTests.kernel, EnclaveImageTests.commandLine, EnclaveImageTests.boot,
            EnclaveImageTests.application,
        ])
        let list = Array(
            #"{"releases":[{"version":"1","measurements":{"nitro":{"PCR0":"00"}}}],"refused":{"0":"x"}}"#.utf8)
        let pem = Array("-----BEGIN CERTIFICATE-----\nMIIBAA==\n-----END CERTIFICATE-----\n".utf8)
        func changed(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0..<Int.random(in: 1...5, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                // Numbers of an image are eight bytes each: at their greatest, and beyond what is signed.
                case 1:
                    for next in place..<min(bytes.count, place + 8) {
                        bytes[next] = Bool.random(using: &random) ? 0xFF : 0x7F
                    }
                case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...60, using: &random)))
                default: bytes.insert(contentsOf: [0, 0xFF, 0x80], at: place)
                }
            }
            return bytes
        }
        for _ in 0..<Self.count {
            _ = try? EnclaveImage(bytes: changed(image))
            _ = try? ReleaseManifest(json: changed(list))
            _ = try? CertificateFile.certificates(changed(pem))
        }
    }
}
