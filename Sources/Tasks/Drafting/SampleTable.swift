/// A provider's own sample file, read on the provider's own machine to propose a declaration. The service never does
/// this: there, what a column may hold comes only from the signed task.
struct SampleTable {
    let header: [String]
    /// Column-wise, as text.
    let columns: [[String]]
    var rowCount: Int { columns.first?.count ?? 0 }

    /// Reads CSV as RFC 4180 has it, in UTF-8 with or without a byte order mark; at most `rows` rows.
    init(csv bytes: [UInt8], rows: Int) throws(TaskError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unusableDraft("The sample file is not UTF-8. Save it as CSV UTF-8.")
        }
        var records = Self.records(of: text, limit: rows + 1)
        guard let first = records.first, !first.isEmpty else {
            throw .unusableDraft("The sample file is empty. It needs a header and some rows.")
        }
        var header = first
        if header[0].unicodeScalars.first == "\u{FEFF}" { header[0].unicodeScalars.removeFirst() }
        records.removeFirst()
        guard Set(header).count == header.count else {
            throw .unusableDraft("The sample file names a column twice. Rename one of them.")
        }
        if let ragged = records.firstIndex(where: { $0.count != header.count }) {
            throw .unusableDraft("Row \(ragged + 2) of the sample file has another number of cells than the header.")
        }
        self.header = header
        columns = header.indices.map { index in records.map { $0[index] } }
    }

    private static func records(of text: String, limit: Int) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        func end() {
            record.append(String(decoding: cell, as: UTF8.self))
            cell.removeAll(keepingCapacity: true)
            wasQuoted = false
        }
        func endRecord() {
            end()
            if record != [""] { records.append(record) }
            record = []
        }
        let quote = UInt8(ascii: "\"")
        for byte in text.utf8 {
            if records.count == limit { return records }
            switch byte {
            case quote where isQuoted: isQuoted = false
            case quote where cell.isEmpty || wasQuoted:
                // The second of two quotes inside quotes is a quote; the first of a cell begins them.
                if wasQuoted { cell.append(quote) }
                isQuoted = true
                wasQuoted = true
            case UInt8(ascii: ",") where !isQuoted: end()
            case UInt8(ascii: "\n") where !isQuoted: endRecord()
            case UInt8(ascii: "\r") where !isQuoted: break
            default: cell.append(byte)
            }
        }
        if !cell.isEmpty || !record.isEmpty { endRecord() }
        return records
    }
}
