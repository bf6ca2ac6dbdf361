import Attestation
import Client
import EngineCommands
import Foundation

/// What is trusted, and at which moment.
extension VerifyCommand {
    /// What is trusted of a document in a format.
    ///
    /// - Parameter stamped: the bytes that a timestamp must be of; nil for those of the file, however many.
    func trust(_ format: EvidenceFormat?, stamped: [UInt8]? = nil) throws -> TrustPolicy {
        TrustPolicy(
            at: try at ?? stampedTime(of: stamped), now: Int64(Date().timeIntervalSince1970), roots: try roots(format),
            allowed: try allowed(),
            allowDebug: allowDebug, allowUnevaluatedTCB: allowUnevaluatedTcb,
            collateral: try platform.vendorCollateral(),
            certificates: try extraCertificates())
    }

    /// The moment of the signed timestamp beside the document; nil if there is none.
    private func stampedTime(of bytes: [UInt8]?) throws -> Int64? {
        guard let timestamp, let timestampRoot, let document else { return nil }
        let roots = try CertificateFiles.certificates(in: timestampRoot)
        do {
            let stamp = try Timestamp(der: try Files.bytes(at: timestamp, limit: .timestamp))
            if let bytes { return try stamp.verify(of: bytes, roots: roots) }
            guard let file = FileHandle(forReadingAtPath: document) else {
                throw Files.unreadable(document)
            }
            defer { try? file.close() }
            return try stamp.verify(roots: roots) {
                let piece = try? file.read(upToCount: 1 << 20)
                return piece.flatMap { $0.isEmpty ? nil : Array($0) }
            }
        } catch let error as EvidenceError {
            throw notAuthentic("the document", error)
        }
    }

    var chosenFormat: EvidenceFormat? { simulatedRoot == nil ? format : .simulated }
    private var rootFile: String? { root ?? simulatedRoot }

    private func roots(_ format: EvidenceFormat?) throws -> TrustRoots {
        guard let rootFile else { return try platform.adding(to: .vendors) }
        do {
            return try TrustRoots(only: try CertificateFiles.certificates(in: rootFile), for: format ?? .nitro)
        } catch is EvidenceError {
            throw CommandFailure("\(rootFile) holds no root certificate", code: .badData)
        }
    }

    /// The certificates beside the document; AMD's intermediate keys may be in the file of the root.
    private func extraCertificates() throws -> [[UInt8]] {
        try platform.extraCertificates() + (rootFile.map { try CertificateFiles.certificates(in: $0) } ?? [])
    }

    private func allowed() throws -> ReleaseManifest? {
        try measurements.map { try ReleaseFile.read($0) }
    }
}
