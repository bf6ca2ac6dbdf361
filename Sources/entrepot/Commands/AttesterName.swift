import ArgumentParser
import Attestation
import EngineCommands
import Foundation

/// Where a program's evidence comes from, as `--attester` names it. Nothing falls back to another one.
enum AttesterName: String, ExpressibleByArgument, CaseIterable {
    case simulated
    case nitro
    case tsm
    case tpm
    case azure

    /// - Parameters:
    ///   - purpose: the task's bytes, or what stands in their place.
    ///   - certificates: files with certificates to hand out beside evidence.
    ///   - state: folder of the simulated attester's root; a fresh one where nil.
    func attester(
        for purpose: [UInt8], manifest: [UInt8], certificates: [String], state: String?
    ) async throws -> any Attester {
        let given = try certificates.flatMap { try CertificateFiles.certificates(in: $0) }
        switch self {
        case .nitro: return try await NSMAttester(taskSpecification: purpose)
        case .tsm: return try TSMAttester(taskSpecification: purpose, certificates: given)
        case .tpm:
            return try await TPMAttester(
                device: try LinuxTPMDevice(), taskSpecification: purpose, certificates: given,
                log: TPMAttester.systemLog())
        case .azure:
            return try await TPMAttester(
                device: try LinuxTPMDevice(), key: .azure(AzureMetadataService()), taskSpecification: purpose,
                certificates: given)
        case .simulated:
            let directory = try state ?? Self.ownTemporaryFolder()
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let simulated = try SimulatedAttester(
                stateDirectory: directory, taskSpecification: purpose, buildManifest: manifest)
            Console.say("root of the simulated evidence: \(simulated.rootFile)")
            Console.say("measurements of this process: \(simulated.measurementsFile)")
            return simulated
        }
    }

    /// A fresh folder for this process: in the common one, the root could be another user's.
    private static func ownTemporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)").path
        guard mkdir(folder, 0o700) == 0 else {
            throw CommandFailure("no folder can be made in \(FileManager.default.temporaryDirectory.path)")
        }
        return folder
    }
}
