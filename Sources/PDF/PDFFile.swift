import Bytes
import Crypto
import Foundation

/// A tagged PDF 1.7 file with embedded files and room for one detached signature. The same parts give the same bytes.
///
/// Only what a report needs: uncompressed streams, two embedded fonts, a classic cross-reference table. Source: ISO 32000-1,
/// §7.5 (file), §7.11.4 (embedded files), §12.8 (signatures), §14.7 (structure); ISO 14289-1 (PDF/UA-1).
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
    private let content: PDFPages
    private let attachments: [Attachment]
    private let title: String
    /// As PDF writes dates, `D:20261121120000Z`.
    private let date: String

    /// - Parameter date: as PDF writes it, `D:20261121120000Z`.
    package init(title: String, date: String, pages: PDFPages, attachments: [Attachment]) {
        self.title = title
        self.date = date
        content = pages
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
    /// each font, then pages and files, and at last what says how they are read: metadata and the structure tree.
    private mutating func write() {
        let pages = content.streams()
        let fonts = [PDFFont.regular, PDFFont.bold]
        let firstFont = 7
        let firstPage = firstFont + 4 * fonts.count
        let firstFile = firstPage + 2 * pages.count
        let metadata = firstFile + 2 * attachments.count
        let names = attachments.indices.map { "(\(attachments[$0].name)) \(firstFile + 2 * $0) 0 R" }
        let kids = pages.indices.map { "\(firstPage + 2 * $0) 0 R" }
        let files = attachments.indices.map { "\(firstFile + 2 * $0) 0 R" }
        object(
            "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> "
                + "/Names << /EmbeddedFiles << /Names [\(names.joined(separator: " "))] >> >> "
                + "/AF [\(files.joined(separator: " "))] /Lang (en) /Metadata \(metadata) 0 R "
                + "/MarkInfo << /Marked true >> /StructTreeRoot \(metadata + 1) 0 R "
                + "/ViewerPreferences << /DisplayDocTitle true >> >>")
        object("<< /Type /Pages /Kids [\(kids.joined(separator: " "))] /Count \(pages.count) >>")
        object("<< /Title \(PDFFile.literal(title)) /Producer (Entrepot) /CreationDate (\(date)) >>")
        writeSignature()
        object(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Service) /V 4 0 R /P \(firstPage) 0 R /Rect [0 0 0 0] /F 132 "
                + "/TU (Signature of the service) /StructParent \(pages.count) >>"
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
                    + "/Contents \(firstPage + 2 * number + 1) 0 R /StructParents \(number) /Tabs /S\(annotations) >>")
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
        stream("/Type /Metadata /Subtype /XML ", Array(metadataText.utf8))
        for one in structure(first: metadata + 1, firstPage: firstPage) { object(one) }
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

    /// What the file says of itself: its title, and that it is made to be heard as well as seen.
    private var metadataText: String {
        let digits = Array(date.filter(\.isNumber))
        let time =
            digits.count == 14
            ? zip(digits, ["", "", "", "", "-", "", "-", "", "T", "", ":", "", ":", ""]).map { $1 + String($0) }
                .joined() + "Z"
            : ""
        let name = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        return """
            <?xpacket begin="\u{FEFF}" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
            xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
            xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
            <dc:title><rdf:Alt><rdf:li xml:lang="x-default">\(name)</rdf:li></rdf:Alt></dc:title>
            <pdfuaid:part>1</pdfuaid:part><xmp:CreateDate>\(time)</xmp:CreateDate><pdf:Producer>Entrepot</pdf:Producer>
            </rdf:Description></rdf:RDF></x:xmpmeta>
            <?xpacket end="r"?>
            """
    }

    /// The objects of the structure tree: its root, the document, the field of the signature, then the elements.
    private func structure(first: Int, firstPage: Int) -> [String] {
        let elements = content.elements.filter { !$0.pieces.isEmpty }
        let (document, field, firstElement) = (first + 1, first + 2, first + 3)
        // Of each page the element of each piece, in the order of their numbers.
        var owners = content.pieceCounts.map { [Int](repeating: 0, count: $0) }
        for (number, element) in elements.enumerated() {
            for piece in element.pieces { owners[piece.page][piece.number] = firstElement + number }
        }
        var parents = owners.enumerated().map { page, owners in
            "\(page) [\(owners.map { "\($0) 0 R" }.joined(separator: " "))]"
        }
        parents.append("\(owners.count) \(field) 0 R")
        let kids = [elements.indices.map { "\(firstElement + $0) 0 R" }.joined(separator: " "), "\(field) 0 R"]
        let root =
            "<< /Type /StructTreeRoot /K \(document) 0 R /ParentTree << /Nums [\(parents.joined(separator: " "))] >> "
            + "/ParentTreeNextKey \(owners.count + 1) >>"
        let top =
            "<< /Type /StructElem /S /Document /P \(first) 0 R /K [\(kids.joined(separator: " "))] >>"
        let form =
            "<< /Type /StructElem /S /Form /P \(document) 0 R /Pg \(firstPage) 0 R "
            + "/K << /Type /OBJR /Obj 5 0 R /Pg \(firstPage) 0 R >> >>"
        return [root, top, form]
            + elements.map { element in
                let pieces = element.pieces.map {
                    "<< /Type /MCR /Pg \(firstPage + 2 * $0.page) 0 R /MCID \($0.number) >>"
                }
                let alternative = element.alternative.map { " /Alt \(PDFFile.literal($0))" } ?? ""
                let box = element.box.map { " /A << /O /Layout /Placement /Block /BBox [\($0)] >>" } ?? ""
                return "<< /Type /StructElem /S /\(element.tag.rawValue) /P \(document) 0 R "
                    + "/K [\(pieces.joined(separator: " "))]\(alternative)\(box) >>"
            }
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

    /// A string that readers show outside the pages, or in place of glyphs: UTF-16, in hexadecimal digits.
    static func literal(_ text: String) -> String {
        "<FEFF" + Hex.encode(text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }) + ">"
    }
}

/// Why a file could not be written.
package enum PDFError: Error, Equatable {
    /// A signature that does not fit into the room that the file keeps for it.
    case signatureTooLong(bytes: Int, limit: Int)
}
