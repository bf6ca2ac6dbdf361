import ArgumentParser
import Attestation
import Client
import Crypto
import EngineCommands
import Foundation
import Tasks

/// With what an office proves which program it runs, and what it believes of others, where the task asks for proof.
struct OfficeProofOptions: ParsableArguments {
    @Option(
        help:
            "Where this office's evidence comes from, if the task asks for some: simulated, nitro, tsm, tpm or azure.")
    var attester: AttesterName?

    @Option(help: ArgumentHelp("What was built, as the image's builder wrote it.", valueName: "file"))
    var buildManifest: String?

    @Option(
        parsing: .upToNextOption,
        help: "Root certificates of other offices' simulated attesters, where the task takes simulated evidence.")
    var simulatedRoot: [String] = []

    @OptionGroup var platform: PlatformOptions

    /// - Parameters:
    ///   - state: folder of the simulated attester's root.
    /// - Returns: nil where the task asks nobody.
    func proofs(
        of task: TaskSpecification, for own: TaskSpecification.Party, state: String
    ) async throws -> OfficeProofs? {
        guard !task.proofs.isEmpty else {
            try refuseAttester(for: own)
            return nil
        }
        let manifest =
            try buildManifest.map { try Files.bytes(at: $0, limit: .buildManifest) } ?? BuildManifest.ofThisProcess()
        let made = try await attester(of: task, for: own, manifest, state: state)
        var roots = try platform.adding(to: .vendors)
        for file in simulatedRoot {
            for root in try CertificateFiles.certificates(in: file) { roots = roots.trustingSimulated(root: root) }
        }
        let trust = TrustPolicy(
            now: 0, roots: roots, collateral: try platform.vendorCollateral(),
            certificates: try platform.extraCertificates())
        return OfficeProofs(
            task: task, attester: made, manifest: Array(SHA256.hash(data: manifest)), trust: trust)
    }

    private func refuseAttester(for own: TaskSpecification.Party) throws {
        guard attester != nil else { return }
        throw CommandFailure("the task asks \(own.name) for no evidence: leave --attester out", code: ExitCode(64))
    }

    /// This office's own; nothing falls back to another one.
    private func attester(
        of task: TaskSpecification, for own: TaskSpecification.Party, _ manifest: [UInt8], state: String
    ) async throws -> (any Attester)? {
        guard let proof = task.proofs[own.name] else {
            try refuseAttester(for: own)
            return nil
        }
        guard let attester else {
            throw CommandFailure(
                "the task asks \(own.name) to prove which program it runs (evidence of \(proof.format.rawValue)): run it there, "
                    + "with --attester", code: ExitCode(64))
        }
        let made = try await attester.attester(
            for: task.canonicalBytes, manifest: manifest, certificates: platform.certificates, state: state)
        guard made.format == proof.format else {
            throw CommandFailure(
                "--attester \(attester.rawValue) gives evidence of \(made.format.rawValue) here, and the task asks \(own.name) "
                    + "for \(proof.format.rawValue)", code: .policy)
        }
        if let caveat = made.format.caveat { Console.say("the attester is \(caveat).") }
        return made
    }
}
