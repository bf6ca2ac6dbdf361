import Foundation

/// Numbers in a model file: numpy's name of the type, and the little-endian bytes in base64.
///
/// `numpy.frombuffer(base64.b64decode(a["data"]), a["dtype"])` reads them.
struct NumberArray: Codable, Equatable {
    var dtype: String
    var data: String

    init(_ values: [Double]) { self.init("<f8", values.map(\.bitPattern)) }

    init(_ values: [Int64]) { self.init("<i8", values) }

    /// At the narrowest width that holds `limit - 1`.
    init(_ codes: [UInt32], below limit: Int) {
        if limit <= 1 << 8 {
            self.init("|u1", codes.map { UInt8(truncatingIfNeeded: $0) })
        } else if limit <= 1 << 16 {
            self.init("<u2", codes.map { UInt16(truncatingIfNeeded: $0) })
        } else {
            self.init("<u4", codes)
        }
    }

    private init<Number: FixedWidthInteger>(_ dtype: String, _ values: [Number]) {
        self.dtype = dtype
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * MemoryLayout<Number>.size)
        for value in values {
            for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> Number(shift)))
            }
        }
        data = Data(bytes).base64EncodedString()
    }

    /// nil if the type is another or the bytes do not come out even.
    var doubles: [Double]? { integers("<f8", UInt64.self)?.map { Double(bitPattern: $0) } }

    var counts: [Int64]? { integers("<i8", Int64.self) }

    var codes: [UInt32]? {
        integers("|u1", UInt8.self)?.map { UInt32($0) } ?? integers("<u2", UInt16.self)?.map { UInt32($0) }
            ?? integers("<u4", UInt32.self)
    }

    private func integers<Number: FixedWidthInteger>(_ name: String, _ type: Number.Type) -> [Number]? {
        guard dtype == name, let bytes = Data(base64Encoded: data) else { return nil }
        let width = MemoryLayout<Number>.size
        guard bytes.count % width == 0 else { return nil }
        let source = [UInt8](bytes)
        var result: [Number] = []
        result.reserveCapacity(source.count / width)
        var at = 0
        while at < source.count {
            var value: Number = 0
            for byte in 0..<width { value |= Number(truncatingIfNeeded: source[at + byte]) << Number(8 * byte) }
            result.append(value)
            at += width
        }
        return result
    }
}
