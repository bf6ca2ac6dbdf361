import Bytes

/// Puts an AWS Nitro enclave image (EIF, version 4) together: what `nitro-cli build-enclave` makes out of the same parts.
///
/// Big endian: a header of 548 bytes whose checksum (CRC-32) covers everything else, then sections. Source:
/// aws-nitro-enclaves-image-format `src/defs` and `src/utils`. No enclave has been started from it yet.
public enum EnclaveImageBuilder {
    private static let headerCount = 548
    private static let memory: UInt64 = 1 << 30

    /// - Parameter ramdisks: the first one boots; the others are the application's.
    /// - Returns: the image.
    public static func image(kernel: [UInt8], commandLine: String, ramdisks: [[UInt8]]) -> [UInt8] {
        // 1 kernel, 2 command line, 3 ramdisk, 5 metadata.
        let metadata = Array(#"{"ImageName":"entrepot","ImageVersion":"0","BuildMetadata":{}}"#.utf8)
        let sections: [(type: UInt16, content: [UInt8])] =
            [(1, kernel), (2, Array(commandLine.utf8))] + ramdisks.map { (3, $0) } + [(5, metadata)]
        var offsets = [UInt64](repeating: 0, count: 32)
        var sizes = [UInt64](repeating: 0, count: 32)
        var body: [UInt8] = []
        for (index, section) in sections.enumerated() {
            offsets[index] = UInt64(headerCount + body.count)
            sizes[index] = UInt64(section.content.count)
            body += big(section.type) + big(UInt16(0)) + big(UInt64(section.content.count)) + section.content
        }
        var header = Array(".eif".utf8) + big(UInt16(4)) + big(UInt16(0)) + big(memory) + big(UInt64(2))
        header += big(UInt16(0)) + big(UInt16(sections.count))
        header += offsets.flatMap(big) + sizes.flatMap(big) + big(UInt32(0))
        let checksum = CRC32.value(of: header + body)
        return header + big(checksum) + body
    }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
    }
}
