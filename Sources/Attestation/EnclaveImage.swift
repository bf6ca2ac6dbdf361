import Bytes
import Crypto
import Foundation

/// The measurements of an AWS Nitro enclave image file (EIF), computed without running it: what `entrepot measure` prints.
///
/// A big-endian header of 548 bytes, then sections. Only contents are measured: not the section headers, the metadata, the
/// checksum or the default sizes. Source: aws-nitro-enclaves-image-format `src/defs`. The
/// formula is read from there and has not been compared with a real image yet.
public struct EnclaveImage: Sendable, Equatable {
    /// Why a file is not an image that can be measured.
    public enum Problem: Error, Sendable, Equatable {
        case unreadable
        case truncated
        case magic
        case version(UInt16)
        case sectionCount(UInt16)
        /// The header and a section disagree on its place or size.
        case sectionTable(Int)
        case sectionType(UInt16)
        /// Not kernel, command line, then ramdisks.
        case sectionOrder
        case missingSection
        case signature
    }

    /// PCR0: the whole image.
    public let pcr0: [UInt8]
    /// PCR1: kernel, command line and first ramdisk.
    public let pcr1: [UInt8]
    /// PCR2: the other ramdisks.
    public let pcr2: [UInt8]
    /// PCR8: the certificate that signed the image; nil if it is not signed.
    public let pcr8: [UInt8]?
    /// `x86_64` or `aarch64`.
    public let architecture: String

    /// The measurements in the form of a release manifest.
    public var measurements: [String: String] {
        var measurements = ["PCR0": Hex.encode(pcr0), "PCR1": Hex.encode(pcr1), "PCR2": Hex.encode(pcr2)]
        if let pcr8 { measurements["PCR8"] = Hex.encode(pcr8) }
        return measurements
    }

    /// Measures a file, reading it in blocks.
    public init(path: String) throws(Problem) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw .unreadable }
        defer { try? file.close() }
        try self.init { (offset, count) throws(Problem) in
            do {
                try file.seek(toOffset: offset)
                return Array(try file.read(upToCount: count) ?? Data())
            } catch {
                throw .unreadable
            }
        }
    }

    /// Measures an image in memory.
    public init(bytes: [UInt8]) throws(Problem) {
        try self.init { (offset, count) throws(Problem) in
            guard let start = Int(exactly: offset), start <= bytes.count else { return [] }
            return Array(bytes[start...].prefix(count))
        }
    }

    private init(read: (UInt64, Int) throws(Problem) -> [UInt8]) throws(Problem) {
        let header = try Header(bytes: try read(0, Header.byteCount))
        architecture = header.flags & 1 == 0 ? "x86_64" : "aarch64"
        var whole = SHA384()
        var boot = SHA384()
        var application = SHA384()
        var signature: [UInt8] = []
        var order: [SectionType] = []
        for (index, section) in header.sections.enumerated() {
            let head = BigEndian(try read(section.offset, 12))
            guard head.bytes.count == 12 else { throw .truncated }
            guard let type = SectionType(rawValue: UInt16(head.integer(0, 2))) else {
                throw .sectionType(UInt16(head.integer(0, 2)))
            }
            guard head.integer(4, 8) == section.size else { throw .sectionTable(index) }
            let isFirstRamdisk = type == .ramdisk && !order.contains(.ramdisk)
            order.append(type)
            if type == .metadata { continue }
            try EnclaveImage.forEachBlock(of: section, read) { block in
                switch type {
                case .kernel, .commandLine:
                    whole.update(data: block)
                    boot.update(data: block)
                case .ramdisk:
                    whole.update(data: block)
                    if isFirstRamdisk { boot.update(data: block) } else { application.update(data: block) }
                case .signature:
                    if signature.count <= SignatureSection.limit { signature += block }
                case .metadata: break
                }
            }
        }
        // The registers depend on the order in which the loader reads: one order, no other.
        let measured = order.filter { [.kernel, .commandLine, .ramdisk].contains($0) }
        guard measured.starts(with: [.kernel, .commandLine]), measured.dropFirst(2).allSatisfy({ $0 == .ramdisk }),
            order.filter({ $0 == .signature }).count <= 1
        else { throw .sectionOrder }
        guard measured.count > 2 else { throw .missingSection }
        pcr0 = Register.extended(Register.zero, with: Array(whole.finalize()))
        pcr1 = Register.extended(Register.zero, with: Array(boot.finalize()))
        pcr2 = Register.extended(Register.zero, with: Array(application.finalize()))
        pcr8 = order.contains(.signature) ? Register.measuring(try SignatureSection.certificate(signature)) : nil
    }

    /// Reads the contents of a section in blocks of 1 MiB.
    private static func forEachBlock(
        of section: Header.Section, _ read: (UInt64, Int) throws(Problem) -> [UInt8], _ body: ([UInt8]) -> Void
    ) throws(Problem) {
        var offset = section.offset + 12
        var remaining = section.size
        while remaining > 0 {
            let block = try read(offset, Int(min(remaining, 1 << 20)))
            guard !block.isEmpty else { throw .truncated }
            body(block)
            offset += UInt64(block.count)
            remaining -= UInt64(block.count)
        }
    }
}

private enum SectionType: UInt16 {
    case kernel = 1
    case commandLine = 2
    case ramdisk = 3
    case signature = 4
    case metadata = 5
}

/// The header of an image.
private struct Header {
    struct Section {
        let offset: UInt64
        let size: UInt64
    }

    static let byteCount = 548
    static let sectionLimit = 32

    let flags: UInt16
    let sections: [Section]

    init(bytes: [UInt8]) throws(EnclaveImage.Problem) {
        guard bytes.count == Header.byteCount else { throw .truncated }
        guard bytes.starts(with: Array(".eif".utf8)) else { throw .magic }
        let fields = BigEndian(bytes)
        let version = UInt16(fields.integer(4, 2))
        guard (3...4).contains(version) else { throw .version(version) }
        flags = UInt16(fields.integer(6, 2))
        let count = UInt16(fields.integer(26, 2))
        guard (1...UInt16(Header.sectionLimit)).contains(count) else { throw .sectionCount(count) }
        var sections: [Section] = []
        var end = UInt64(Header.byteCount)
        for index in 0..<Int(count) {
            let section = Section(offset: fields.integer(28 + 8 * index, 8), size: fields.integer(284 + 8 * index, 8))
            // Sections follow one another; a file of more than 2^62 bytes does not exist.
            guard section.offset >= end, section.offset < 1 << 62, section.size < 1 << 62 else {
                throw .sectionTable(index)
            }
            end = section.offset + 12 + section.size
            sections.append(section)
        }
        self.sections = sections
    }
}

/// The section that holds the signing certificate: CBOR, an array of `{signing_certificate, signature}`.
private enum SignatureSection {
    static let limit = 32_768

    static func certificate(_ bytes: [UInt8]) throws(EnclaveImage.Problem) -> [UInt8] {
        guard bytes.count <= limit,
            case .array(let signatures)? = try? CBOR(decoding: bytes, lengths: .definiteOrIndefinite),
            let pem = signatures.first?["signing_certificate"].flatMap(byteString),
            let certificate = try? CertificateFile.certificates(pem).first
        else { throw .signature }
        return certificate
    }

    /// serde writes a vector of bytes as an array of integers.
    private static func byteString(_ value: CBOR) -> [UInt8]? {
        switch value {
        case .bytes(let bytes): return bytes
        case .array(let items):
            var bytes: [UInt8] = []
            for item in items {
                guard case .unsigned(let number) = item, let byte = UInt8(exactly: number) else { return nil }
                bytes.append(byte)
            }
            return bytes
        default: return nil
        }
    }
}

/// Integers at fixed places of a byte array that the caller has checked for length.
private struct BigEndian {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func integer(_ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension EnclaveImage.Problem: CustomStringConvertible {
    /// One sentence for the person who measures.
    public var description: String {
        switch self {
        case .unreadable: "The file cannot be read."
        case .truncated: "The file ends too early for an enclave image."
        case .magic: "The file does not begin with .eif: it is no enclave image."
        case .version(let version): "The image has version \(version); versions 3 and 4 are known."
        case .sectionCount(let count): "The image says that it has \(count) sections."
        case .sectionTable(let index): "The header and section \(index) of the image disagree."
        case .sectionType(let type): "The image has a section of the unknown type \(type)."
        case .sectionOrder: "The image's sections are not kernel, command line, ramdisks."
        case .missingSection: "The image has no ramdisk."
        case .signature: "The image's signature section cannot be read."
        }
    }
}
