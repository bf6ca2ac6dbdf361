import Domains

/// Files that are not CSV, recognised by their first bytes.
enum FileSignature {
    /// - Parameter isDecoded: the bytes come from an encoding that the task declares.
    static func problem(_ start: [UInt8], isDecoded: Bool = false) -> TableProblem? {
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
        } else if begins(Array("{\"entrepot-model\"".utf8)) {
            hint = "This is a model file of Entrepot: name the table"
        } else if begins(Array("{\"".utf8)) || begins(Array("[{".utf8)) {
            hint = "This is JSON: export the table as CSV"
        } else if ["<?xml", "<!DOCTYPE", "<!doctype", "<html"].contains(where: { begins(Array($0.utf8)) }) {
            hint = "This is a web page or XML: export the table as CSV"
        } else if isDecoded, start.prefix(64).contains(0) {
            hint =
                "Read as the task declares its encoding, the file holds characters of zero, which no text has: save it as UTF-8"
        } else if isUTF32(start) {
            hint = "This looks like UTF-32: save the file as UTF-8"
        } else if begins([0xFF, 0xFE]) || begins([0xFE, 0xFF]) || isWide(start[...]) {
            hint =
                "This looks like UTF-16: save the file as UTF-8, declare encoding: utf-16 in the task, or run `entrepot prepare`"
        } else if let place = start.prefix(64).firstIndex(of: 0) {
            hint = "Byte \(place + 1) is zero, which no text has: check that it is a CSV file and whole"
        } else {
            return nil
        }
        return TableProblem(code: "encoding", expected: "a CSV file in UTF-8", hint: hint)
    }

    /// Text of four bytes a character: with its mark, or three zeros beside each letter.
    static func isUTF32(_ start: [UInt8]) -> Bool {
        if start.starts(with: [0xFF, 0xFE, 0, 0]) || start.starts(with: [0, 0, 0xFE, 0xFF]) { return true }
        let whole = start.prefix(512).count / 4 * 4
        guard whole >= 16 else { return false }
        let zeros = (0..<4).map { offset in stride(from: offset, to: whole, by: 4).count { start[$0] == 0 } * 4 }
        // Of characters of Latin scripts three bytes are zero; of others the first two are, or the last two.
        return zeros.count { $0 * 10 >= whole * 9 } >= 2 && zeros.contains { $0 * 10 < whole * 5 }
            && (zeros[0] * 10 >= whole * 9 && zeros[1] * 10 >= whole * 9
                || zeros[2] * 10 >= whole * 9 && zeros[3] * 10 >= whole * 9)
    }

    /// Whether every other byte is a zero: text in UTF-16 without a mark.
    static func isWide(_ head: ArraySlice<UInt8>) -> Bool {
        let start = head.prefix(512)
        guard start.count >= 8 else { return false }
        let even = start.enumerated().count { $0.offset % 2 == 0 && $0.element == 0 }
        let odd = start.enumerated().count { $0.offset % 2 == 1 && $0.element == 0 }
        return max(even, odd) * 10 >= start.count / 2 * 7 && min(even, odd) * 10 <= start.count / 2
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
