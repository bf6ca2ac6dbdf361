import Domains
import VectorMath

/// Writes the Arrow IPC streaming format (https://arrow.apache.org/docs/format/Columnar.html, version 1.5): a schema, the
/// dictionaries of text columns, one record batch a block, and the end of the stream.
struct ArrowStream: Sendable {
    private typealias Member = FlatBufferBuilder.Member

    private let columns: [ArrowColumn]
    /// For each column the number of its dictionary.
    private let dictionaries: [Int64?]

    /// Numbers of the tables in Arrow's unions.
    private enum Header: UInt8 {
        case schema = 1
        case dictionaryBatch = 2
        case recordBatch = 3
    }

    private enum TypeNumber: UInt8 {
        case int = 2
        case floatingPoint = 3
        case utf8 = 5
        case bool = 6
        case date = 8
    }

    private static let metadataVersion: Int16 = 4

    init(_ domains: [ColumnDomain]) {
        columns = domains.map { ArrowColumn($0) }
        var next: Int64 = 0
        dictionaries = columns.map { column in
            guard case .dictionary = column.kind else { return nil }
            defer { next += 1 }
            return next
        }
    }

    /// What stands before the first batch.
    var opening: [UInt8] {
        var bytes = message(.schema, body: []) { schema(&$0) }
        for (column, number) in zip(columns, dictionaries) {
            if let number { bytes += dictionary(column.texts, number) }
        }
        return bytes
    }

    /// What stands behind the last batch.
    let closing: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

    /// The rows of a block, its columns taken in the order of `chosen`.
    func batch(_ block: SampleBlock, chosen: [Int]) -> [UInt8] {
        var body = Body()
        for (column, index) in zip(columns, chosen) {
            let fractions = index < block.fractions.count ? block.fractions[index] : []
            let missing = column.append(
                codes: block.codes[index], fractions: fractions, exact: block.exact[index], rows: block.rowCount
            ) {
                body.add($0)
            }
            body.nodes.append((Int64(block.rowCount), Int64(missing)))
        }
        return message(.recordBatch, body: body.bytes) { recordBatch(&$0, rows: block.rowCount, body) }
    }

    // MARK: - Messages

    /// Buffers one behind the other, each at a multiple of eight bytes.
    private struct Body {
        var bytes: [UInt8] = []
        var buffers: [(Int64, Int64)] = []
        var nodes: [(Int64, Int64)] = []

        mutating func add(_ buffer: [UInt8]) {
            buffers.append((Int64(bytes.count), Int64(buffer.count)))
            bytes += buffer
            bytes += [UInt8](repeating: 0, count: (8 - buffer.count % 8) % 8)
        }
    }

    private func message(
        _ header: Header, body: [UInt8], content: (inout FlatBufferBuilder) -> FlatBufferBuilder.Place
    ) -> [UInt8] {
        var builder = FlatBufferBuilder()
        let place = content(&builder)
        let root = builder.table([
            .short(ArrowStream.metadataVersion), .byte(header.rawValue), .reference(place), .long(Int64(body.count)),
        ])
        let metadata = builder.finish(root: root)
        var bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        bytes.reserveCapacity(8 + metadata.count + body.count)
        let length = UInt32(metadata.count)
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: length >> UInt32(8 * byte))) }
        return bytes + metadata + body
    }

    private func recordBatch(
        _ builder: inout FlatBufferBuilder, rows: Int, _ body: Body
    ) -> FlatBufferBuilder.Place {
        let buffers = builder.vector(pairs: body.buffers)
        let nodes = builder.vector(pairs: body.nodes)
        return builder.table([.long(Int64(rows)), .reference(nodes), .reference(buffers)])
    }

    private func dictionary(_ texts: [String], _ number: Int64) -> [UInt8] {
        var offsets: [UInt8] = []
        var content: [UInt8] = []
        for end in [0]
            + texts.map({ text in
                content += Array(text.utf8)
                return content.count
            })
        {
            for byte in 0..<4 { offsets.append(UInt8(truncatingIfNeeded: end >> (8 * byte))) }
        }
        var body = Body()
        body.nodes = [(Int64(texts.count), 0)]
        for buffer in [[], offsets, content] { body.add(buffer) }
        return message(.dictionaryBatch, body: body.bytes) { builder in
            let data = recordBatch(&builder, rows: texts.count, body)
            return builder.table([.long(number), .reference(data), .byte(0)])
        }
    }

    // MARK: - Schema

    private func schema(_ builder: inout FlatBufferBuilder) -> FlatBufferBuilder.Place {
        var fields: [FlatBufferBuilder.Place] = []
        for (column, number) in zip(columns, dictionaries) { fields.append(field(&builder, column, number)) }
        let list = builder.vector(fields)
        return builder.table([.short(0), .reference(list)])
    }

    private func field(
        _ builder: inout FlatBufferBuilder, _ column: ArrowColumn, _ dictionary: Int64?
    ) -> FlatBufferBuilder.Place {
        let name = builder.string(column.domain.name)
        let children = builder.vector([])
        let number: TypeNumber
        let type: FlatBufferBuilder.Place
        var encoding = Member.absent
        switch column.kind {
        case .dictionary(let width):
            number = .utf8
            type = builder.table([])
            let index = builder.table([.int(Int32(8 * width)), .byte(1)])
            encoding = .reference(builder.table([.long(dictionary ?? 0), .reference(index), .byte(0)]))
        case .number(.double):
            number = .floatingPoint
            type = builder.table([.short(2)])
        case .number(.int64), .number(.int32):
            number = .int
            type = builder.table([.int(64), .byte(1)])
        case .truth:
            number = .bool
            type = builder.table([])
        case .date:
            number = .date
            type = builder.table([.short(0)])
        }
        let isNullable: UInt8 = column.domain.missingCode == nil ? 0 : 1
        return builder.table([
            .reference(name), .byte(isNullable), .byte(number.rawValue), .reference(type), encoding,
            .reference(children),
        ])
    }
}
