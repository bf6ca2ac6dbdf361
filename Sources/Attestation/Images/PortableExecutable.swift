import Crypto

/// A UEFI program in PE32+ form, as far as building and measuring a unified kernel image need it.
///
/// Little endian. Sources: Microsoft, "PE Format"; "Windows Authenticode Portable Executable Signature Format", for the
/// digest that firmware measures.
struct PortableExecutable {
    struct Section {
        var name: String
        var virtualSize: UInt32
        var virtualAddress: UInt32
        var rawSize: UInt32
        var rawOffset: UInt32
    }

    /// Why bytes are no program that can be measured.
    enum Problem: Error { case malformed }

    let bytes: [UInt8]
    /// Offset of the signature `PE\0\0`.
    let head: Int
    let sections: [Section]

    /// Offset of the optional header.
    var optionalHeader: Int { head + 24 }
    var sectionTable: Int { optionalHeader + Int(LittleEndian(bytes).uint16(head + 20)) }
    var sizeOfHeaders: Int { Int(LittleEndian(bytes).uint32(optionalHeader + 60)) }

    init(bytes: [UInt8]) throws(Problem) {
        let fields = LittleEndian(bytes)
        guard bytes.count > 512, bytes.starts(with: [0x4D, 0x5A]) else { throw .malformed }
        head = Int(fields.uint32(0x3C))
        guard head >= 64, head + 264 <= bytes.count, bytes[head..<head + 4].elementsEqual([0x50, 0x45, 0, 0]),
            fields.uint16(head + 24) == 0x20B
        else { throw .malformed }
        let count = Int(fields.uint16(head + 6))
        let table = head + 24 + Int(fields.uint16(head + 20))
        guard count <= 96, table + 40 * count <= bytes.count else { throw .malformed }
        var sections: [Section] = []
        for index in 0..<count {
            let at = table + 40 * index
            let name = bytes[at..<at + 8].prefix { $0 != 0 }
            let section = Section(
                name: String(decoding: name, as: UTF8.self), virtualSize: fields.uint32(at + 8),
                virtualAddress: fields.uint32(at + 12), rawSize: fields.uint32(at + 16),
                rawOffset: fields.uint32(at + 20))
            guard Int(section.rawOffset) + Int(section.rawSize) <= bytes.count else { throw .malformed }
            sections.append(section)
        }
        self.bytes = bytes
        self.sections = sections
        // The head holds the sections' table and all that the digest leaves out.
        guard sizeOfHeaders <= bytes.count, sizeOfHeaders >= max(table + 40 * count, head + 24 + 152) else {
            throw .malformed
        }
    }

    /// The content of a section without the filling behind it; nil if there is none of this name.
    func content(_ name: String) -> ArraySlice<UInt8>? {
        guard let section = sections.first(where: { $0.name == name }) else { return nil }
        let count = min(section.virtualSize, section.rawSize)
        return bytes[Int(section.rawOffset)..<Int(section.rawOffset + count)]
    }

    /// The digest that firmware extends into PCR4: all but the checksum, the directory entry of the signatures, and the
    /// signatures themselves.
    func authenticodeDigest() throws(Problem) -> [UInt8] {
        let fields = LittleEndian(bytes)
        let checksum = optionalHeader + 64
        let directory = optionalHeader + 112 + 4 * 8
        let signatures = Int(fields.uint32(directory + 4))
        var hash = SHA256()
        hash.update(data: bytes[0..<checksum])
        hash.update(data: bytes[checksum + 4..<directory])
        hash.update(data: bytes[directory + 8..<sizeOfHeaders])
        var end = sizeOfHeaders
        for section in sections.filter({ $0.rawSize > 0 }).sorted(by: { $0.rawOffset < $1.rawOffset }) {
            let range = Int(section.rawOffset)..<Int(section.rawOffset + section.rawSize)
            hash.update(data: bytes[range])
            end += range.count
        }
        guard end + signatures <= bytes.count else { throw .malformed }
        hash.update(data: bytes[end..<bytes.count - signatures])
        return Array(hash.finalize())
    }
}
