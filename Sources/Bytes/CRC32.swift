/// CRC-32 of ISO-HDLC, as gzip, zip files, pages of Parquet and enclave images have it.
public enum CRC32 {
    /// Tables for eight bytes at a time (Kounavis and Berry 2005): `tables[k][b]` is b with k zeros behind it.
    private static let tables: [[UInt32]] = {
        let first = (0..<256).map { (byte: UInt32) -> UInt32 in
            var value = byte
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            return value
        }
        var tables = [first]
        for place in 1..<8 {
            tables.append(
                tables[place - 1].map { (value: UInt32) -> UInt32 in first[Int(value & 0xFF)] ^ (value >> 8) })
        }
        return tables
    }()

    /// The checksum of all bytes.
    public static func value(of bytes: [UInt8]) -> UInt32 {
        let tables = tables
        var value: UInt32 = 0xFFFF_FFFF
        var place = 0
        while place + 8 <= bytes.count {
            var next: UInt32 = 0
            for step in 0..<4 {
                let low = bytes[place + step] ^ UInt8(truncatingIfNeeded: value >> UInt32(8 * step))
                next ^= tables[7 - step][Int(low)] ^ tables[3 - step][Int(bytes[place + 4 + step])]
            }
            value = next
            place += 8
        }
        for byte in bytes[place...] { value = tables[0][Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
        return value ^ 0xFFFF_FFFF
    }
}
