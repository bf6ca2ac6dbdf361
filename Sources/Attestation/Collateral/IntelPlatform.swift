import Bytes
import Crypto
import Foundation
import SwiftASN1

/// A platform as Intel's certificate for it (PCK) describes it, and what Intel's collateral says about it.
///
/// Source: Intel "SGX PCK Certificate and CRL Profile Specification" §1.3.5; "Intel TDX DCAP Quote Verification", TCB levels.
struct IntelPlatform {
    /// The family that a TCB information is about (FMSPC), 6 bytes.
    let family: [UInt8]
    private let provisioningEnclave: [UInt8]
    /// The versions of the 16 components of the processor.
    private let components: [UInt8]
    /// The version of the provisioning enclave.
    private let provisioningVersion: UInt16

    /// What Intel says.
    struct Level: Equatable {
        var status: TCBStatus
        var advisories: [String]

        mutating func converge(_ other: Level) {
            status = status.converged(with: other.status)
            advisories += other.advisories.filter { !advisories.contains($0) }
        }
    }

    init(certificate: ChainCertificate) throws(EvidenceError) {
        guard let der = certificate.extensions.value([1, 2, 840, 113_741, 1, 13, 1]),
            let fields = try? IntelPlatform.fields(of: DER.parse(der)),
            let family = fields.bytes[[4]], family.count == 6, let provisioningEnclave = fields.bytes[[3]],
            let version = fields.numbers[[2, 17]].flatMap({ UInt16(exactly: $0) })
        else { throw .quotePlatform }
        self.family = family
        self.provisioningEnclave = provisioningEnclave
        provisioningVersion = version
        var components: [UInt8] = []
        for index in 1...16 {
            guard let number = fields.numbers[[2, index]].flatMap({ UInt8(exactly: $0) }) else { throw .quotePlatform }
            components.append(number)
        }
        self.components = components
    }

    /// The extension is a sequence of (identifier, value), one of which is again such a sequence.
    private static func fields(
        of node: ASN1Node
    ) throws -> (bytes: [[Int]: [UInt8]], numbers: [[Int]: Int]) {
        var bytes: [[Int]: [UInt8]] = [:]
        var numbers: [[Int]: Int] = [:]
        func read(_ node: ASN1Node, depth: Int) throws {
            try DER.sequence(node, identifier: .sequence) { items in
                while let item = items.next() {
                    try DER.sequence(item, identifier: .sequence) { nodes in
                        let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
                        guard let value = nodes.next() else { throw ChainCertificate.Malformed() }
                        let place = identifier.oidComponents.dropFirst(7).map { Int($0) }
                        if value.identifier == .sequence {
                            if depth == 0, place == [2] { try read(value, depth: 1) }
                        } else if value.identifier == .integer {
                            numbers[place] = try Int(derEncoded: value)
                        } else if value.identifier == .octetString {
                            bytes[place] = Array(try ASN1OctetString(derEncoded: value).bytes)
                        }
                    }
                }
            }
        }
        try read(node, depth: 0)
        return (bytes, numbers)
    }

    /// Intel's word on the platform, its TDX module and its quoting enclave; nil without any collateral of Intel's.
    /// - Parameter root: the pinned root that the quote's own certificates lead to.
    func status(
        of quote: TDXQuote, collateral: Collateral, root: ChainCertificate, now: Int64
    ) throws(EvidenceError) -> Level? {
        if collateral.tcbInformation.isEmpty, collateral.enclaveIdentities.isEmpty { return nil }
        guard !collateral.tcbInformation.isEmpty, !collateral.enclaveIdentities.isEmpty else {
            throw .collateralMissing
        }
        let signer = try IntelSigner(collateral: collateral, root: root, now: now)
        let information = try information(collateral, signer)
        let identity = try Self.identity(collateral, signer)
        var level = try level(of: quote, in: information)
        if let module = try Self.moduleLevel(of: quote, in: information) { level.converge(module) }
        level.converge(try Self.enclaveLevel(of: quote.enclaveReport, in: identity))
        return level
    }

    private func information(
        _ collateral: Collateral, _ signer: IntelSigner
    ) throws(EvidenceError) -> TCBInformation {
        try Self.genuine(collateral.tcbInformation, signer) { (found: TCBInformation) in
            found.id == "TDX" && Hex.decode(found.fmspc.utf8) == family
                && Hex.decode(found.pceId.utf8) == provisioningEnclave
        }
    }

    private static func identity(
        _ collateral: Collateral, _ signer: IntelSigner
    ) throws(EvidenceError) -> EnclaveIdentity {
        try genuine(collateral.enclaveIdentities, signer) { (found: EnclaveIdentity) in found.id == "TD_QE" }
    }

    /// The first document of the kind that is meant and that Intel signed for this time.
    ///
    /// - Throws: why the last of them was not taken; `collateralPlatform` where none is meant.
    private static func genuine<Document: DatedDocument>(
        _ documents: [Collateral.Signed], _ signer: IntelSigner, isMeant: (Document) -> Bool
    ) throws(EvidenceError) -> Document {
        var outcome = EvidenceError.collateralPlatform
        for signed in documents {
            guard JSONForm.isPlain(signed.text),
                let found = try? JSONDecoder().decode(Document.self, from: Data(signed.text))
            else { throw .collateralEncoding }
            guard isMeant(found) else { continue }
            do throws(EvidenceError) {
                try signer.check(signed, issued: found.issueDate, next: found.nextUpdate)
                return found
            } catch {
                outcome = error
            }
        }
        throw outcome
    }

    /// The first level, newest first, that the platform reaches in every part.
    private func level(of quote: TDXQuote, in information: TCBInformation) throws(EvidenceError) -> Level {
        for level in information.tcbLevels {
            guard let processor = level.tcb.sgxtcbcomponents, let module = level.tcb.tdxtcbcomponents,
                processor.count == 16, module.count == 16, let version = level.tcb.pcesvn
            else { throw .collateralEncoding }
            // A module that has an identity of its own is judged by it: its two versions are left out here.
            let skipped = quote.moduleVersions[1] > 0 ? 2 : 0
            let isReached =
                provisioningVersion >= version && zip(components, processor).allSatisfy { $0 >= $1.svn }
                && zip(quote.moduleVersions, module).dropFirst(skipped).allSatisfy { $0 >= $1.svn }
            if isReached { return Level(status: level.tcbStatus, advisories: level.advisoryIDs ?? []) }
        }
        throw .collateralLevel
    }

    /// The level of the TDX module; nil for a module of the first version, which the platform's levels cover.
    private static func moduleLevel(of quote: TDXQuote, in information: TCBInformation) throws(EvidenceError) -> Level?
    {
        let version = quote.moduleVersions[1]
        guard version > 0 else {
            if let module = information.tdxModule { try check(quote, signer: module.mrsigner) }
            return nil
        }
        let name = "TDX_" + Hex.encode([version]).uppercased()
        guard let module = information.tdxModuleIdentities?.first(where: { $0.id.uppercased() == name }) else {
            throw .collateralModule
        }
        try check(quote, signer: module.mrsigner)
        return try level(UInt16(quote.moduleVersions[0]), in: module.tcbLevels)
    }

    private static func check(_ quote: TDXQuote, signer: String) throws(EvidenceError) {
        guard Hex.decode(signer.utf8) == quote.seamSigner else { throw .collateralModule }
    }

    /// Compares the quoting enclave with Intel's identity of it, under Intel's masks.
    private static func enclaveLevel(
        of report: SGXReport, in identity: EnclaveIdentity
    ) throws(EvidenceError) -> Level {
        guard matches(report.selectedFeatures.reversed(), identity.miscselect, identity.miscselectMask),
            matches(report.attributes, identity.attributes, identity.attributesMask),
            Hex.decode(identity.mrsigner.utf8) == report.signer, identity.isvprodid == report.productID
        else { throw .quotingEnclaveIdentity }
        return try level(report.version, in: identity.tcbLevels)
    }

    private static func matches(_ bytes: [UInt8], _ expected: String, _ mask: String) -> Bool {
        guard let expected = Hex.decode(expected.utf8), let mask = Hex.decode(mask.utf8),
            expected.count == bytes.count, mask.count == bytes.count
        else { return false }
        return zip(zip(bytes, mask), expected).allSatisfy { $0.0 & $0.1 == $1 }
    }

    private static func level(_ version: UInt16, in levels: [TCBInformation.Level]) throws(EvidenceError) -> Level {
        for level in levels {
            guard let least = level.tcb.isvsvn else { throw .collateralEncoding }
            if version >= least { return Level(status: level.tcbStatus, advisories: level.advisoryIDs ?? []) }
        }
        // Older than anything that Intel still lists.
        return Level(status: .revoked, advisories: [])
    }
}

/// The certificate with which Intel signs its collateral.
private struct IntelSigner {
    let key: P256.Signing.PublicKey
    let now: Int64

    init(collateral: Collateral, root: ChainCertificate, now: Int64) throws(EvidenceError) {
        let signers = try CertificatePath.parse(collateral.certificates).filter {
            $0.commonName == "Intel SGX TCB Signing" && $0.issuer == root.subject
        }
        guard let newest = signers.max(by: { $0.notBefore < $1.notBefore }) else { throw .collateralMissing }
        let usable = signers.first { $0.notBefore <= now && now <= $0.notAfter } ?? newest
        let path = try CertificatePath(certificates: [root, usable], profile: .intel, now: now)
        let lists = collateral.revocationLists.filter { $0.issuer == root.subject }
        for list in lists where list.serialNumbers.contains(usable.serialNumber) { throw .certificateRevoked(1) }
        guard case .p256(let key) = path.leaf.publicKey else { throw .certificateKey(1) }
        self.key = key
        self.now = now
    }

    func check(_ signed: Collateral.Signed, issued: String, next: String) throws(EvidenceError) {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signed.signature),
            key.isValidSignature(signature, for: SHA256.hash(data: signed.text))
        else { throw .collateralSignature }
        guard let issued = UnixTime.seconds(iso8601: issued), let next = UnixTime.seconds(iso8601: next) else {
            throw .collateralEncoding
        }
        guard now >= issued else { throw .collateralNotYetValid }
        guard now <= next else { throw .collateralExpired }
    }
}

/// What both kinds of Intel's signed documents say of their time.
private protocol DatedDocument: Decodable {
    var issueDate: String { get }
    var nextUpdate: String { get }
}

/// Intel's TCB information, version 3.
private struct TCBInformation: DatedDocument {
    struct Component: Decodable { let svn: UInt8 }

    struct TCB: Decodable {
        let sgxtcbcomponents: [Component]?
        let tdxtcbcomponents: [Component]?
        let pcesvn: UInt16?
        let isvsvn: UInt16?
    }

    struct Level: Decodable {
        let tcb: TCB
        let tcbStatus: TCBStatus
        let advisoryIDs: [String]?
    }

    struct Module: Decodable { let mrsigner: String }

    struct ModuleIdentity: Decodable {
        let id: String
        let mrsigner: String
        let tcbLevels: [Level]
    }

    let id: String
    let issueDate: String
    let nextUpdate: String
    let fmspc: String
    let pceId: String
    let tdxModule: Module?
    let tdxModuleIdentities: [ModuleIdentity]?
    let tcbLevels: [Level]
}

/// Intel's identity of the quoting enclave, version 2.
private struct EnclaveIdentity: DatedDocument {
    let id: String
    let issueDate: String
    let nextUpdate: String
    let miscselect: String
    let miscselectMask: String
    let attributes: String
    let attributesMask: String
    let mrsigner: String
    let isvprodid: UInt16
    let tcbLevels: [TCBInformation.Level]
}
