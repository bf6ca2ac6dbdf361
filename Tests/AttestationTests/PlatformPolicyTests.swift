import Bytes
import Foundation
import Testing

@testable import Attestation

@Suite("What a policy asks of platforms", .enabled(if: Vectors.arePresent, Vectors.absence))
struct PlatformPolicyTests {
    static func evidence(_ prefix: String) throws -> VerifiedEvidence {
        let expected = try #require(NewCase.all.first { $0.file.hasPrefix(prefix) })
        let verifier = EvidenceVerifier(roots: .vendors, now: expected.time)
        return try verifier.verify(
            document: Vectors.bytes("new/" + expected.file), format: expected.format,
            certificates: expected.certificates())
    }

    /// The reasons of somebody who relies on evidence whose measurements are accepted.
    static func refusals(_ evidence: VerifiedEvidence, _ json: String = "{}") throws -> [Refusal] {
        let names = ReleaseManifest.Release.requiredRegisters(evidence.format)[0]
        let expected = Dictionary(
            uniqueKeysWithValues: names.map { ($0, evidence[measurement: $0].map(Hex.encode) ?? "") })
        let platforms = try JSONDecoder().decode(PlatformPolicy.self, from: Data(json.utf8))
        let allowed = ReleaseManifest(
            releases: [.init(version: "1", measurements: [evidence.format.rawValue: expected])], platforms: platforms)
        return Policy(
            archived: TrustPolicy(now: 0, roots: .vendors, allowed: allowed, allowUnevaluatedTCB: true)
        ).evaluate(evidence)
    }

    @Test("a program below the guest's highest privilege level is named when read, and refused when relied upon")
    func privilegeLevel() throws {
        let evidence = try Self.evidence("snp/confidential-c_v3_decd")
        #expect(evidence.warnings.contains(.privilegeLevel(1)))
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(evidence) == [])
        #expect(try Self.refusals(evidence) == [.privilegeLevel(1)])
        #expect(try Self.refusals(evidence, #"{"sev-snp": {"vmpl": [0, 1]}}"#) == [])
    }

    @Test("a least patch level is asked of all the levels that a report has, and of products that are listed")
    func patchLevels() throws {
        let new = try Self.evidence("snp/eternisai_v5_13211b50")
        #expect(new.platform.snp?.product == "Milan" && new.platform.snp?.reported.microcode == 0xDE)
        #expect(!new.warnings.contains(.oldFirmware(product: "Milan")))
        #expect(try Self.refusals(new, #"{"sev-snp": {"least": {"Milan": {"snp": 29, "microcode": 222}}}}"#) == [])
        for demand in [
            #"{"Milan": {"snp": 30}}"#, #"{"Milan": {"microcode": 223}}"#, #"{"Milan": {"boot_loader": 5}}"#,
            #"{"Genoa": {}}"#, "{}",
        ] {
            #expect(try Self.refusals(new, "{\"sev-snp\": {\"least\": \(demand)}}") == [.patchLevel])
        }
        let old = try Self.evidence("snp/confidential-c_v2_2e63")
        #expect(old.warnings.contains(.oldFirmware(product: "Milan")))
        // A level that was committed but is not the launch's is not reached.
        let moved = try Self.evidence("snp/confidential-c_v3_decd")
        #expect(
            try Self.refusals(moved, #"{"sev-snp": {"vmpl": [1], "least": {"Milan": {"microcode": 218}}}}"#)
                == [.patchLevel])
    }

    @Test("a platform without any patch level is refused whatever the policy")
    func zeroPatchLevel() throws {
        var evidence = try Self.evidence("snp/eternisai_v5_13211b50")
        let facts = try #require(evidence.platform.snp)
        let zero = SNPReport.PatchLevel(fmc: nil, bootLoader: 0, tee: 0, snp: 0, microcode: 0)
        evidence.platform.snp = SNPFacts(
            product: facts.product, reported: zero, committed: zero, launch: zero, privilegeLevel: 0,
            policy: facts.policy, hasUnknownPolicy: false, platformInformation: facts.platformInformation,
            guestVersion: 0, chip: facts.chip, cloud: nil)
        #expect(Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(evidence) == [.patchLevel])
    }

    @Test("hyper-threading, chips, the image's version and revocation lists are refused where the policy asks")
    func otherDemands() throws {
        let evidence = try Self.evidence("snp/confidential-c_v3_05b7")
        let chip = Hex.encode(try #require(evidence.platform.snp).chip)
        #expect(try Self.refusals(evidence, "{\"sev-snp\": {\"chips\": [\"\(chip)\"], \"guest_svn\": 10}}") == [])
        #expect(try Self.refusals(evidence, #"{"sev-snp": {"smt": false}}"#) == [.hyperThreading])
        #expect(try Self.refusals(evidence, #"{"sev-snp": {"chips": ["00"]}}"#) == [.chip])
        #expect(try Self.refusals(evidence, #"{"sev-snp": {"guest_svn": 11}}"#) == [.guestVersion])
        #expect(try Self.refusals(evidence, #"{"sev-snp": {"revocation": true}}"#) == [.revocationNotChecked])
    }

    @Test("a bound service guest is refused unless the policy names it")
    func serviceGuest() throws {
        let evidence = try Self.evidence("tdx/automata-netwo_tdx5_d001")
        #expect(try Self.refusals(evidence) == [.serviceGuest])
        let name = Hex.encode(try #require(evidence[measurement: "MRSERVICETD"]))
        #expect(try Self.refusals(evidence, "{\"tdx\": {\"service_td\": [\"\(name)\"]}}") == [])
    }

    @Test("a guest that may move, a foreign module, unknown attributes and an empty patch level are refused")
    func tdxPlatforms() throws {
        var evidence = try Self.evidence("tdx/near_tdx4_0845")
        #expect(try Self.refusals(evidence) == [])
        evidence.allowsMigration = true
        #expect(try Self.refusals(evidence) == [.migrationAgent])
        #expect(try Self.refusals(evidence, #"{"tdx": {"migratable": true}}"#) == [])
        evidence.allowsMigration = false

        let signer = [UInt8](repeating: 7, count: 48)
        evidence.measurements.removeAll { $0.name == "MRSIGNERSEAM" }
        evidence.measurements.append(.init(name: "MRSIGNERSEAM", value: signer))
        #expect(try Self.refusals(evidence) == [.seamSigner])
        #expect(try Self.refusals(evidence, "{\"tdx\": {\"seam_signers\": [\"\(Hex.encode(signer))\"]}}") == [])

        evidence = try Self.evidence("tdx/near_tdx4_0845")
        #expect(try Self.refusals(evidence, #"{"tdx": {"seam": ["00"]}}"#) == [.seamModule])
        evidence.platform.tdx = TDXFacts(
            moduleVersions: [UInt8](repeating: 0, count: 16), attributes: 1 << 40, hasUnknownAttributes: true,
            features: 3, family: [])
        #expect(try Self.refusals(evidence) == [.unknownPlatformFlags, .patchLevel])
    }

    @Test("SEPT_VE_DISABLE off and PERFMON are named, and the first refused where the policy asks")
    func pageFaults() throws {
        let evidence = try Self.evidence("tdx/openpcc_tdx4_2857")
        #expect(evidence.warnings.contains(.pageFaultsAllowed))
        #expect(try Self.refusals(evidence) == [])
        #expect(try Self.refusals(evidence, #"{"tdx": {"sept_ve_disable": true}}"#) == [.pageFaultsAllowed])
        #expect(try Self.evidence("tdx/moemahhouk").warnings.contains(.performanceCounters))
    }

    @Test(
        "a demand that is misspelt is no demand, and is refused",
        arguments: [
            #"{"sev_snp": {}}"#, #"{"sev-snp": {"vmlp": [0]}}"#, #"{"tdx": {"migrateable": false}}"#,
            #"{"sev-snp": {"least": {"Milan": {"bootloader": 4}}}}"#, #"{"tdx": {"statuses": ["Fine"]}}"#,
        ])
    func misspelt(_ json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(PlatformPolicy.self, from: Data(json.utf8))
        }
    }
}
