import Bytes
import Foundation
import Testing

@testable import Attestation

/// What somebody could make of real documents without a vendor's key.
@Suite("Documents cut, doubled and put together anew", .enabled(if: Vectors.arePresent, Vectors.absence))
struct MutationTests {
    private static let authentic = NewCase.all.filter { $0.exitCodes.allowing != 2 }

    /// Whether verification takes the bytes for authentic, whatever policy says.
    private static func isAccepted(_ bytes: [UInt8], _ expected: NewCase, _ certificates: [[UInt8]]) -> Bool {
        let verifier = EvidenceVerifier(roots: .vendors, now: expected.time)
        return (try? verifier.verify(document: bytes, format: expected.format, certificates: certificates)) != nil
    }

    /// Fields of one length within what is signed, or between a document and its signature.
    private static func fields(_ format: EvidenceFormat) -> [(Int, Int, Int)] {
        switch format {
        // Measurement and key digests; report data and chip; host data and report id; policy and platform; levels.
        case .sevSNP:
            [
                (0x90, 0xE0, 48), (0x90, 0x110, 48), (0x50, 0x1A0, 64), (0xC0, 0x140, 32), (0x08, 0x40, 8),
                (0x38, 0x180, 8),
            ]
        // MRTD and RTMR0, RTMR0 and RTMR3, MRSEAM and MRTD, MRCONFIGID and MROWNER, attributes and XFAM.
        case .tdx:
            [
                (48 + 136, 48 + 328, 48), (48 + 328, 48 + 472, 48), (48 + 16, 48 + 136, 48), (48 + 184, 48 + 232, 48),
                (48 + 120, 48 + 128, 8),
            ]
        default: []
        }
    }

    @Test("of each document that is cut, doubled, turned, or has two fields exchanged, none is accepted")
    func mutations() throws {
        var count = 0
        for expected in Self.authentic {
            let bytes = try Vectors.bytes("new/" + expected.file)
            let certificates = try expected.certificates()
            #expect(Self.isAccepted(bytes, expected, certificates))
            var others = [bytes + bytes, Array(bytes.reversed()), [bytes[0]] + bytes]
            for part in [1, bytes.count / 4, bytes.count / 2, bytes.count - 1] {
                others.append(Array(bytes.prefix(part)))
            }
            others.append(Array(bytes[(bytes.count / 2)...] + bytes[..<(bytes.count / 2)]))
            for (first, second, length) in Self.fields(expected.format) {
                var changed = bytes
                changed.replaceSubrange(first..<first + length, with: bytes[second..<second + length])
                changed.replaceSubrange(second..<second + length, with: bytes[first..<first + length])
                others.append(changed)
            }
            for changed in others where changed != bytes {
                // Zeros behind a quote are padding, and may be fewer.
                let isPadding = bytes.starts(with: changed) && bytes[changed.count...].allSatisfy { $0 == 0 }
                if expected.format == .tdx, isPadding { continue }
                count += 1
                #expect(!Self.isAccepted(changed, expected, certificates), "\(expected.file), \(changed.count) bytes")
            }
        }
        #expect(count > 1_000)
    }

    @Test("a report under the certificate of any other chip is refused")
    func otherChips() throws {
        let reports = Self.authentic.filter { $0.format == .sevSNP }
        var count = 0
        for expected in reports {
            let bytes = try Vectors.bytes("new/" + expected.file)
            for other in reports where other.leaf != expected.leaf {
                count += 1
                #expect(!Self.isAccepted(bytes, expected, try other.certificates()), "\(expected.file) \(other.file)")
            }
        }
        #expect(count > 300)
    }

    @Test("the signature of one document under the contents of another is refused")
    func exchangedSignatures() throws {
        for format in [EvidenceFormat.sevSNP, .tdx, .nitro] {
            let cases = Self.authentic.filter { $0.format == format }
            for (one, two) in zip(cases, cases.dropFirst()) {
                var bytes = try Vectors.bytes("new/" + one.file)
                let other = try Vectors.bytes("new/" + two.file)
                switch format {
                case .sevSNP: bytes.replaceSubrange(0x2A0..., with: other[0x2A0...])
                case .nitro: bytes.replaceSubrange((bytes.count - 96)..., with: other.suffix(96))
                // Header and body of one, everything behind it of the other.
                default:
                    guard try TDXQuote(bytes: bytes).version == TDXQuote(bytes: other).version else { continue }
                    bytes.replaceSubrange(632..., with: other[632...])
                }
                // The same contents signed twice: what came of it is a real document.
                if cases.contains(where: { (try? Vectors.bytes("new/" + $0.file)) == bytes }) { continue }
                #expect(!Self.isAccepted(bytes, one, try one.certificates() + two.certificates()), "\(one.file)")
                #expect(!Self.isAccepted(bytes, one, try one.certificates()), "\(one.file)")
            }
        }
    }

    @Test("debug of every kind of hardware is refused whether a document is read or relied upon")
    func debug() throws {
        var seen: [EvidenceFormat: Int] = [:]
        for expected in Self.authentic {
            let trust = TrustPolicy(at: expected.time, now: 0, roots: .vendors, allowUnevaluatedTCB: true)
            let appraisal = try DocumentVerification.verify(
                Vectors.bytes("new/" + expected.file), trust: trust, certificates: expected.certificates())
            guard appraisal.evidence.isDebug else { continue }
            seen[expected.format, default: 0] += 1
            #expect(appraisal.refusals.contains(.debug) && expected.exitCodes.allowing == 3, "\(expected.file)")
            if expected.format == .nitro {
                #expect(appraisal.evidence[measurement: "PCR0"]?.allSatisfy { $0 == 0 } == true)
            } else if let attributes = appraisal.evidence.platform.tdx?.attributes {
                #expect(attributes & 0xFF != 0)
            }
        }
        #expect(seen[.nitro] == 19 && seen[.tdx] == 1)
        let report = try SNPVectorTests.report("milan_google_attestation.bin")
        let chip = try SNPVectorTests.verify(report, ["milan_google_vcek.der", "ask_ark_milan.pem"])
        #expect(try PlatformPolicyTests.refusals(chip).contains(.debug))
    }

    @Test(
        "privilege levels are refused unless the policy names them, and one that no guest has also where a document is only read"
    )
    func privilegeLevels() throws {
        var evidence = try PlatformPolicyTests.evidence("snp/eternisai_v5_13211b50")
        let facts = try #require(evidence.platform.snp)
        for level in [UInt32(1), 2, 3, 4, .max] {
            evidence.platform.snp = SNPFacts(
                product: facts.product, reported: facts.reported, committed: facts.committed, launch: facts.launch,
                privilegeLevel: level, policy: facts.policy, hasUnknownPolicy: false,
                platformInformation: facts.platformInformation, guestVersion: 0, chip: facts.chip, cloud: nil)
            #expect(try PlatformPolicyTests.refusals(evidence) == [.privilegeLevel(level)])
            let named = try PlatformPolicyTests.refusals(evidence, "{\"sev-snp\": {\"vmpl\": [0, \(level)]}}")
            #expect(named == [])
            let read = Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(evidence)
            #expect(read == (level <= 3 ? [] : [.privilegeLevel(level)]))
        }
    }
}
