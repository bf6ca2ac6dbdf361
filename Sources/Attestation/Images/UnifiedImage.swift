import Bytes
import Crypto

/// A unified kernel image: one UEFI program that holds kernel, ramdisk and command line, and the registers that a TPM will
/// show after it has booted.
///
/// Only systemd's stub is put around the parts; nothing in the image depends on when or where it was built. Sources:
/// systemd-stub(7), for sections and PCR11; TCG PC Client Platform Firmware Profile §3.3.4, for PCR4; Linux
/// `drivers/firmware/efi/libstub`, for PCR9.
public struct UnifiedImage: Sendable {
    /// Why a file is no image that can be measured.
    public enum Problem: Error, Sendable, Equatable {
        case malformed
        case missingSection(String)
        /// The stub has no room for more sections.
        case stub
    }

    /// The parts in the order in which the stub measures them.
    private static let parts = [".linux", ".osrel", ".cmdline", ".initrd"]
    /// Sections that the stub would measure or obey, and that our images do not have.
    private static let others = [".splash", ".dtb", ".pcrsig", ".pcrpkey", ".ucode", ".uname", ".hwids", ".profile"]
    /// Where the parts lie in memory: small ones first, the kernel and the ramdisk far behind, so that each has room.
    private static let smallAddress: UInt32 = 0x20000
    private static let largeAddress: UInt32 = 0x2000000

    public let bytes: [UInt8]
    /// PCR4: the image and the kernel in it.
    public let pcr4: [UInt8]
    /// PCR9: command line and ramdisk, as the kernel got them.
    public let pcr9: [UInt8]
    /// PCR11: name and content of each part.
    public let pcr11: [UInt8]

    /// The measurements in the form of a release manifest: PCR12 and PCR13 stay zero when nothing is added at the start.
    public var measurements: [String: String] {
        [
            "PCR4": Hex.encode(pcr4), "PCR9": Hex.encode(pcr9), "PCR11": Hex.encode(pcr11),
            "PCR12": Hex.encode(TPMRegister.zero), "PCR13": Hex.encode(TPMRegister.zero),
        ]
    }

    /// Puts an image together.
    /// - Parameters:
    ///   - stub: systemd's `linuxx64.efi.stub`.
    ///   - release: the text of `/etc/os-release`.
    public init(
        stub: [UInt8], kernel: [UInt8], ramdisk: [UInt8], commandLine: String, release: String
    ) throws(Problem) {
        guard let program = try? PortableExecutable(bytes: stub) else { throw .stub }
        let fields = LittleEndian(stub)
        let fileAlignment = max(fields.uint32(program.optionalHeader + 36), 512)
        let table = program.sectionTable + 40 * program.sections.count
        guard table + 40 * Self.parts.count <= program.sizeOfHeaders else { throw .stub }
        // What lies behind the last section is a symbol table, which is left out.
        let end = program.sections.map { Int($0.rawOffset + $0.rawSize) }.max() ?? 0
        guard fileAlignment <= 0x10000, end >= program.sizeOfHeaders else { throw .stub }
        var image = Array(stub[0..<end])
        var address = Self.smallAddress
        guard program.sections.allSatisfy({ Int($0.virtualAddress) + Int($0.virtualSize) <= Int(address) }) else {
            throw .stub
        }
        let aligned = { (value: UInt32, step: UInt32) in (value + step - 1) / step * step }
        let contents: [(name: String, bytes: [UInt8])] = [
            (".osrel", Array(release.utf8)), (".cmdline", Array(commandLine.utf8)), (".linux", kernel),
            (".initrd", ramdisk),
        ]
        for (index, part) in contents.enumerated() {
            guard let count = UInt32(exactly: part.bytes.count), count > 0 else { throw .missingSection(part.name) }
            if part.name == ".linux" { address = Self.largeAddress }
            image += [UInt8](repeating: 0, count: Int(aligned(UInt32(image.count), fileAlignment)) - image.count)
            let offset = UInt32(image.count)
            image += part.bytes
            image += [UInt8](repeating: 0, count: Int(aligned(count, fileAlignment) - count))
            let name = Array(part.name.utf8) + [UInt8](repeating: 0, count: 8 - part.name.utf8.count)
            let words = [count, address, aligned(count, fileAlignment), offset, 0, 0, 0, 0x4000_0040]
            let entry = name + words.flatMap(Self.little)
            image.replaceSubrange(table + 40 * index..<table + 40 * index + 40, with: entry)
            address = aligned(address + count, 0x1000)
        }
        let sections = UInt16(program.sections.count + contents.count)
        image.replaceSubrange(program.head + 6..<program.head + 8, with: Array(Self.little(UInt32(sections)).prefix(2)))
        // Time of building, symbol table and its length, then the checksum, which firmware does not look at.
        image.replaceSubrange(program.head + 8..<program.head + 20, with: [UInt8](repeating: 0, count: 12))
        image.replaceSubrange(program.optionalHeader + 56..<program.optionalHeader + 60, with: Self.little(address))
        image.replaceSubrange(program.optionalHeader + 64..<program.optionalHeader + 68, with: [0, 0, 0, 0])
        try self.init(bytes: image)
    }

    private static func little(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// Measures an image.
    public init(bytes: [UInt8]) throws(Problem) {
        guard let program = try? PortableExecutable(bytes: bytes) else { throw .malformed }
        for name in Self.others where program.content(name) != nil { throw .malformed }
        var contents: [String: [UInt8]] = [:]
        for name in Self.parts {
            guard let content = program.content(name) else { throw .missingSection(name) }
            contents[name] = Array(content)
        }
        guard let kernel = try? PortableExecutable(bytes: contents[".linux"] ?? []),
            let outer = try? program.authenticodeDigest(), let inner = try? kernel.authenticodeDigest()
        else { throw .malformed }
        self.bytes = bytes
        let digest = { (bytes: [UInt8]) in Array(SHA256.hash(data: bytes)) }
        pcr4 = TPMRegister.replaying([
            digest(Array("Calling EFI Application from Boot Option".utf8)), digest([0, 0, 0, 0]), outer, inner,
        ])
        // The kernel takes its command line as UTF-16 with a zero behind it.
        let text = String(decoding: contents[".cmdline"] ?? [], as: UTF8.self)
        let wide = (Array(text.utf16) + [0]).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        pcr9 = TPMRegister.replaying([digest(wide), digest(contents[".initrd"] ?? [])])
        pcr11 = TPMRegister.replaying(
            Self.parts.flatMap { [digest(Array($0.utf8) + [0]), digest(contents[$0] ?? [])] })
    }
}

extension UnifiedImage.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed: "The file is no unified kernel image, or has parts that an image of ours has not."
        case .missingSection(let name): "The image has no part \(name), or an empty one."
        case .stub: "The stub is no UEFI program with room for four sections."
        }
    }
}
