import Domains

/// Files that are not CSV, recognised by their first bytes.
enum FileSignature {
    static func problem(_ start: [UInt8]) -> TableProblem? {
        func begins(_ signature: [UInt8]) -> Bool { start.starts(with: signature) }
        let hint: String
        if begins([0x50, 0x4B, 0x03, 0x04]) {
            hint = "This is a ZIP archive or an Excel workbook (xlsx): save the sheet as CSV UTF-8"
        } else if begins([0xD0, 0xCF, 0x11, 0xE0]) {
            hint = "This is an old Excel workbook (xls): save the sheet as CSV UTF-8"
        } else if begins([0x1F, 0x8B]) {
            hint = "This is a gzip file: decompress it first"
        } else if begins([0x28, 0xB5, 0x2F, 0xFD]) {
            hint = "This is a zstd file: decompress it first"
        } else if begins(Array("PAR1".utf8)) {
            hint = "This is a Parquet file, which is read whole: hand it over as it is"
        } else if begins(Array("%PDF".utf8)) {
            hint = "This is a PDF document: upload the table as CSV"
        } else if begins([0xFF, 0xFE]) || begins([0xFE, 0xFF]) || start.prefix(64).contains(0) {
            hint =
                "This looks like UTF-16: save the file as UTF-8, declare encoding: utf-16 in the task, or run `entrepot prepare`"
        } else {
            return nil
        }
        return TableProblem(code: "encoding", expected: "a CSV file in UTF-8", hint: hint)
    }
}

/// UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Check {
    /// The place of the first byte that does not belong, or nil.
    package static func firstFault(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var place = range.lowerBound
        while place < range.upperBound {
            let byte = bytes[place]
            if byte < 0x80 {
                place += 1
                continue
            }
            let (length, lower, upper): (Int, UInt8, UInt8)
            switch byte {
            case 0xC2...0xDF: (length, lower, upper) = (2, 0x80, 0xBF)
            case 0xE0: (length, lower, upper) = (3, 0xA0, 0xBF)
            case 0xED: (length, lower, upper) = (3, 0x80, 0x9F)
            case 0xE1...0xEF: (length, lower, upper) = (3, 0x80, 0xBF)
            case 0xF0: (length, lower, upper) = (4, 0x90, 0xBF)
            case 0xF1...0xF3: (length, lower, upper) = (4, 0x80, 0xBF)
            case 0xF4: (length, lower, upper) = (4, 0x80, 0x8F)
            default: return place
            }
            guard place + length <= range.upperBound, bytes[place + 1] >= lower, bytes[place + 1] <= upper else {
                return place
            }
            for offset in 2..<max(length, 2) where bytes[place + offset] & 0xC0 != 0x80 { return place }
            place += length
        }
        return nil
    }
}
