import Bytes
import Crypto
import Foundation

/// A PDF 1.7 file with embedded files and room for one detached signature. The same parts give the same bytes.
///
/// Only what a report needs: uncompressed streams, two embedded fonts, a classic cross-reference table. Source: ISO 32000-1, §7.5 (file), §7.11.4 (embedded files), §12.8 (signatures).
package struct PDFFile {
    /// A file that travels inside.
    package struct Attachment {
        let name: String
        let type: String
        let description: String
        let bytes: [UInt8]

        /// - Parameters:
        ///   - type: media type, such as `application/json`.
        ///   - description: what a reader's list of attachments says.
        package init(name: String, type: String, description: String, bytes: [UInt8]) {
            self.name = name
            self.type = type
            self.description = description
            self.bytes = bytes
        }
    }

    /// The signature takes so many bytes at most.
    package static let signatureLimit = 8192
    /// A4, in points.
    static let width = 595
    static let height = 842

    private var bytes: [UInt8] = Array(
        "%PDF-1.7\n%\u{E2}\u{E3}\u{CF}\u{D3}\n".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    private var offsets: [Int] = []
    private var contentsPlace = 0
    private var rangePlace = 0
    private let pages: [[UInt8]]
    private let attachments: [Attachment]
    private let title: String
    /// As PDF writes dates, `D:20261121120000Z`.
    private let date: String

    /// - Parameter pages: the content stream of each page.
    package init(title: String, date: String, pages: [[UInt8]], attachments: [Attachment]) {
        self.title = title
        self.date = date
        self.pages = pages
        self.attachments = attachments
    }

    /// The file, signed.
    ///
    /// - Parameter sign: makes a detached CMS signature of the bytes.
    /// - Throws: `PDFError.signatureTooLong`, or what `sign` throws.
    package func signed(by sign: ([UInt8]) async throws -> [UInt8]) async throws -> [UInt8] {
        var file = self
        file.write()
        let gap = file.contentsPlace..<(file.contentsPlace + 2 * PDFFile.signatureLimit + 2)
        let range = "[0 \(gap.lowerBound) \(gap.upperBound) \(file.bytes.count - gap.upperBound)]"
        file.put(range + String(repeating: " ", count: 48 - range.utf8.count), at: file.rangePlace)
        let covered = Array(file.bytes[..<gap.lowerBound]) + Array(file.bytes[gap.upperBound...])
        let signature = try await sign(covered)
        guard signature.count <= PDFFile.signatureLimit else {
            throw PDFError.signatureTooLong(bytes: signature.count, limit: PDFFile.signatureLimit)
        }
        file.put(Hex.encode(signature), at: gap.lowerBound + 1)
        return file.bytes
    }

    private mutating func put(_ text: String, at place: Int) {
        bytes.replaceSubrange(place..<(place + text.utf8.count), with: text.utf8)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Objects have fixed numbers: catalog, page tree, information, signature, its field, the letters of the fonts, four for
    /// each font, then pages and files.
    private mutating func write() {
        let fonts = [PDFFont.regular, PDFFont.bold]
        let firstFont = 7
        let firstPage = firstFont + 4 * fonts.count
        let firstFile = firstPage + 2 * pages.count
        let names = attachments.indices.map { "(\(attachments[$0].name)) \(firstFile + 2 * $0) 0 R" }
        let kids = pages.indices.map { "\(firstPage + 2 * $0) 0 R" }
        let files = attachments.indices.map { "\(firstFile + 2 * $0) 0 R" }
        object(
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> "
                + "/Names << /EmbeddedFiles << /Names [\(names.joined(separator: " "))] >> >> "
                + "/AF [\(files.joined(separator: " "))] /Lang (en) >>")
        object("<< /Type /Pages /Kids [\(kids.joined(separator: " "))] /Count \(pages.count) >>")
        object("<< /Title \(PDFFile.literal(title)) /Producer (Entrepot) /CreationDate (\(date)) >>")
        writeSignature()
        object(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Service) /V 4 0 R /P \(firstPage) 0 R /Rect [0 0 0 0] /F 132 >>"
        )
        stream("", PDFFont.letters)
        for (number, font) in fonts.enumerated() {
            for one in font.objects(first: firstFont + 4 * number, letters: 6) { object(one) }
            stream(font.stream.entries, font.stream.content)
        }
        let resources = fonts.enumerated().map { "/\($1.resource) \(firstFont + 4 * $0) 0 R" }
        for (number, page) in pages.enumerated() {
            let annotations = number == 0 ? " /Annots [5 0 R]" : ""
            object(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 \(PDFFile.width) \(PDFFile.height)] "
                    + "/Resources << /Font << \(resources.joined(separator: " ")) >> >> "
                    + "/Contents \(firstPage + 2 * number + 1) 0 R\(annotations) >>")
            stream("", page)
        }
        for (number, attachment) in attachments.enumerated() {
            object(
                "<< /Type /Filespec /F (\(attachment.name)) /UF (\(attachment.name)) /AFRelationship /Supplement "
                    + "/Desc \(PDFFile.literal(attachment.description)) /EF << /F \(firstFile + 2 * number + 1) 0 R >> >>"
            )
            stream(
                "/Type /EmbeddedFile /Subtype /\(attachment.type.replacing("/", with: "#2F")) "
                    + "/Params << /Size \(attachment.bytes.count) >> ", attachment.bytes)
        }
        let table = bytes.count
        append("xref\n0 \(offsets.count + 1)\n0000000000 65535 f \n")
        for offset in offsets {
            let digits = String(offset)
            append(String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n")
        }
        let identity = Hex.encode(SHA256.hash(data: bytes).prefix(16))
        append(
            "trailer\n<< /Size \(offsets.count + 1) /Root 1 0 R /Info 3 0 R /ID [<\(identity)> <\(identity)>] >>\n"
                + "startxref\n\(table)\n%%EOF\n")
    }

    private mutating func writeSignature() {
        offsets.append(bytes.count)
        append("\(offsets.count) 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached ")
        append("/Reason (Made inside the attested service) /M (\(date)) /ByteRange ")
        rangePlace = bytes.count
        append(String(repeating: " ", count: 48) + "/Contents ")
        contentsPlace = bytes.count
        append("<" + String(repeating: "0", count: 2 * PDFFile.signatureLimit) + "> >>\nendobj\n")
    }

    private mutating func object(_ body: String) {
        offsets.append(bytes.count)
        append("\(offsets.count) 0 obj\n\(body)\nendobj\n")
    }

    private mutating func stream(_ entries: String, _ content: [UInt8]) {
        offsets.append(bytes.count)
        append("\(offsets.count) 0 obj\n<< \(entries)/Length \(content.count) >>\nstream\n")
        bytes += content
        append("\nendstream\nendobj\n")
    }

    /// A string that readers show outside the pages: UTF-16, in hexadecimal digits.
    private static func literal(_ text: String) -> String {
        "<FEFF" + Hex.encode(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) + ">"
    }
}

/// Why a file could not be written.
package enum PDFError: Error, Equatable {
    /// A signature that does not fit into the room that the file keeps for it.
    case signatureTooLong(bytes: Int, limit: Int)
}
