import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation

/// What a verifier has beside evidence: certificates, what vendors publish, and roots that certify TPMs.
struct PlatformOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: "Certificates beside the evidence (AMD: VCEK, and ASK and ARK where not shipped; TPM: its key's).")
    var certificates: [String] = []

    @Option(
        parsing: .upToNextOption,
        help:
            "What vendors publish: Intel's TCB information and QE identity (JSON), revocation lists, their certificates."
    )
    var collateral: [String] = []

    @Option(help: "A root that certifies TPMs' attestation keys (PEM or DER).")
    var tpmRoot: String?

    /// The last file of a list, which may have been meant as an argument of its own.
    mutating func takeLastFile() -> String? {
        if certificates.count > 1 { return certificates.removeLast() }
        if collateral.count > 1 { return collateral.removeLast() }
        return nil
    }

    /// DER.
    func extraCertificates() throws -> [[UInt8]] {
        try certificates.flatMap { try CertificateFiles.help(in: $0) }
    }

    /// - Throws: ``CommandFailure``, naming the file that cannot be read.
    func vendorCollateral() throws -> Collateral {
        let files = try collateral.map { try Files.bytes(at: $0, limit: .collateral) }
        for (path, file) in zip(collateral, files) {
            do throws(EvidenceError) {
                _ = try Collateral(files: [file])
            } catch {
                throw CommandFailure(
                    "\(path) cannot be taken as vendor's collateral: \(error.reason). \(error.hint)", code: .badData)
            }
        }
        return try Collateral(files: files)
    }

    /// What the user verifies with, to be kept beside receipts.
    func archive() throws -> ReceiptArchive {
        let lists: [(ReceiptArchive.Kind, [String])] = [(.collateral, collateral), (.certificates, certificates)]
        return ReceiptArchive(
            files: try lists.flatMap { kind, paths in
                try paths.map { path in
                    let name = URL(fileURLWithPath: path).lastPathComponent
                    return ReceiptArchive.File(
                        kind: kind, name: name, bytes: try Files.bytes(at: path, limit: .collateral))
                }
            })
    }

    /// Takes what was kept beside a receipt, where nothing was given.
    mutating func takeArchive(besideReceipt receipt: String) {
        if collateral.isEmpty { collateral = ReceiptArchive.paths(.collateral, besideReceipt: receipt) }
        if certificates.isEmpty { certificates = ReceiptArchive.paths(.certificates, besideReceipt: receipt) }
    }

    /// The roots, and the one for TPMs where one was named.
    func adding(to roots: TrustRoots) throws -> TrustRoots {
        guard let tpmRoot else { return roots }
        return try CertificateFiles.certificates(in: tpmRoot).reduce(roots) { $0.trustingTPM(root: $1) }
    }
}

/// Certificates of a file, with a sentence where there are none.
enum CertificateFiles {
    /// Certificates beside evidence, which are trusted for nothing: also in what services put around them (JSON, base64).
    ///
    /// - Throws: ``CommandFailure``.
    static func help(in path: String) throws -> [[UInt8]] {
        let bytes = try Files.bytes(at: path, limit: .certificates)
        guard let found = CertificateFile.wrapped(bytes) else { return try certificates(in: path) }
        return found
    }

    /// - Throws: ``CommandFailure``.
    static func certificates(in path: String) throws -> [[UInt8]] {
        do {
            return try CertificateFile.certificates(try Files.bytes(at: path, limit: .certificates))
        } catch is EvidenceError {
            throw CommandFailure("\(path) holds no certificate in PEM or DER: name the right file", code: .badData)
        }
    }
}
