import Foundation
import Testing

@testable import PDF
@testable import Service

@Suite("The report as a file") struct ReportFileTests {
    private static let time = Date(timeIntervalSince1970: 1_795_000_000)

    private static func file() -> PDFFile {
        var pages = PDFPages(footer: "Task 00ff", watermark: "evidence 00ff")
        pages.heading("A report (of some kind)")
        pages.paragraph(
            "ε = 1.0 – for \\ one joined record; Zürich, 東京. " + String(repeating: "Words to be broken. ", count: 60))
        pages.list([("key", "00:11:22")])
        for number in 0..<120 {
            pages.bar(
                "\(number)", estimate: Double(number - 60), lower: Double(number - 70), upper: Double(number - 50),
                scale: 70)
        }
        return PDFFile(
            title: "Report", date: "D:20261121120000Z", pages: pages,
            attachments: [
                .init(name: "evidence.json", type: "application/json", description: "Evidence", bytes: Array("{}".utf8))
            ])
    }

    private static func signed() async throws -> [UInt8] {
        let signer = try ReportSigner(now: time)
        return try await file().signed { try signer.cms(of: $0) }
    }

    private static func tool(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// A signed file, and the same with one byte of its text changed.
    private static func written() async throws -> (good: String, bad: String) {
        let bytes = try await signed()
        var changed = bytes
        let word = Array(PDFFont.regular.operand("Words").dropFirst().dropLast().utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: word) })
        changed.replaceSubrange(place..<(place + 4), with: PDFFont.regular.operand("S").dropFirst().dropLast().utf8)
        let folder = FileManager.default.temporaryDirectory
        let files = ["good", "bad"].map { folder.appending(path: "report-\($0)-\(UUID().uuidString).pdf") }
        try Data(bytes).write(to: files[0])
        try Data(changed).write(to: files[1])
        return (files[0].path, files[1].path)
    }

    @Test("the same parts give the same bytes, and every reference of the table finds its object")
    func deterministic() async throws {
        let first = try await Self.file().signed { _ in [1, 2, 3] }
        let second = try await Self.file().signed { _ in [1, 2, 3] }
        #expect(first == second)
        let text = String(decoding: first, as: Unicode.ASCII.self)
        #expect(text.hasSuffix("%%EOF\n"))
        let start = try #require(
            text.components(separatedBy: "startxref\n").last?.split(separator: "\n").first.flatMap { Int($0) })
        let table = String(decoding: first[start...], as: Unicode.ASCII.self).split(separator: "\n")
        #expect(table[0] == "xref")
        for (number, line) in table.dropFirst(3).prefix(while: { $0.hasSuffix("n ") }).enumerated() {
            let offset = try #require(Int(line.prefix(10)))
            #expect(first[offset...].starts(with: Array("\(number + 1) 0 obj".utf8)))
        }
    }

    @Test(
        "a letter that the fonts lack stands as its number, and no two names look alike",
        arguments: [
            // Decomposed letters are the ones that the fonts have.
            ("Zu\u{308}rich, Łódź, Ελλάδα, България, ε ≤ 1", "Zürich, Łódź, Ελλάδα, България, ε ≤ 1"),
            ("東京, 京東", "<U+6771 4EAC>, <U+4EAC 6771>"), ("<U+6771 4EAC>", "<U+003C>U+6771 4EAC>"),
            ("a < b", "a < b"), ("🇰🇪x", "<U+1F1F0 1F1EA>x"), ("e\u{301}\u{302}", "é<U+0302>"),
            // Signs that turn the order around or cannot be seen are numbers, for ears as well.
            ("a\u{202E}b\u{7}", "a<U+202E>b<U+0007>"), ("क\u{202E}ख", "<U+0915><U+202E><U+0916>"),
            ("क्\u{200D}ष", "<U+0915 094D 200D 0937>"), ("ab עם שם", "ab <U+05E2 05DD> <U+05E9 05DD>"),
            ("\u{7} 東 \u{7}", "<U+0007> <U+6771> <U+0007>"),
        ])
    func numbers(name: String, shown: String) throws {
        let legible = PDFFont.legible(name)
        #expect(legible.shown == shown)
        #expect(legible.hasNumbers == (shown.contains("<U+")))
        // What is copied and heard is the name itself, but for signs that nobody can see.
        let heard = legible.pieces.map { $0.actual ?? $0.shown }.joined()
        let hidden = name.replacing("\u{202E}", with: "<U+202E>").replacing("\u{7}", with: "<U+0007>")
        #expect(heard == hidden)
    }

    @Test("names of any length stay whole and inside the page, marks without end too")
    func text() throws {
        for name in [
            String(repeating: "東京-long-name-", count: 30),
            String(repeating: "e" + String(repeating: "\u{301}", count: 300), count: 2),
        ] {
            var pages = PDFPages(footer: "f", watermark: "w")
            pages.heading(name, size: 18)
            pages.paragraph(name)
            pages.bar(name, estimate: 1, lower: 0, upper: 2, scale: 2)
            let page = pages.streams().map { String(decoding: $0, as: UTF8.self) }.joined()
            // The letters behind the numbers, in the order of the page.
            let heard = page.components(separatedBy: "/ActualText <FEFF").dropFirst().map { $0.prefix { $0 != ">" } }
                .joined()
            let letters = name.precomposedStringWithCanonicalMapping.unicodeScalars.filter {
                PDFFont.legible(String($0)).hasNumbers
            }
            let numbers = letters.map { String(format: "%04x", $0.value) }.joined()
            #expect(heard.lowercased() == String(repeating: numbers, count: 3))
            #expect(page.contains(String(PDFFont.regular.operand(PDFPages.numbersNote))))
        }
    }

    @Test(
        "a reader finds every letter, in embedded fonts and inside the page",
        .enabled(if: tool("pdftotext") != nil, "install poppler-utils"))
    func letters() async throws {
        let name = "Zürich, Łódź, Ελλάδα, България, ε ≤ 1 – (a\\b)"
        let lacking = ["进口货物价值", "税関申告価格", "आयात मूल्य", "ราคาศุลกากร", "👩‍👩‍👧‍👦🇰🇪", "<U+6771> 東", "관세"]
        var pages = PDFPages(footer: "f", watermark: "w")
        pages.heading(name)
        for one in lacking { pages.paragraph("\(one): a column") }
        pages.paragraph(String(repeating: "WWWWWWWW mmmmmm ", count: 40))
        pages.paragraph(String(repeating: "東京-long-name-", count: 30))
        let file = PDFFile(title: name, date: "D:20261121120000Z", pages: pages, attachments: [])
        let path = FileManager.default.temporaryDirectory.appending(path: "letters-\(UUID().uuidString).pdf")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(try await file.signed { _ in [1] }).write(to: path)
        let text = try Self.run(try #require(Self.tool("pdftotext")), ["-layout", path.path, "-"])
        #expect(text.contains(name), "\(text)")
        for one in lacking { #expect(text.contains("\(one): a column"), "\(text)") }
        let fonts = try Self.run(try #require(Self.tool("pdffonts")), [path.path])
        #expect(fonts.components(separatedBy: "yes yes yes").count == 3, "\(fonts)")
        #expect(try Self.run(try #require(Self.tool("pdfinfo")), [path.path]).contains(name))
        // The widths that break the lines are the ones that a reader draws.
        let boxes = try Self.run(try #require(Self.tool("pdftotext")), ["-bbox", path.path, "-"])
        let ends = boxes.components(separatedBy: "xMax=\"").dropFirst().compactMap { Double($0.prefix { $0 != "\"" }) }
        let last = ends.max() ?? 0
        #expect(last < Double(PDFFile.width) - 49 && last > Double(PDFFile.width) - 150, "\(last)")
    }

    @Test(
        "pdfsig finds the signature valid over the whole document, and one changed byte breaks it",
        .enabled(if: tool("pdfsig") != nil, "pdfsig is not here: install poppler-utils"))
    func poppler() async throws {
        let files = try await Self.written()
        defer { for file in [files.good, files.bad] { try? FileManager.default.removeItem(atPath: file) } }
        let pdfsig = try #require(Self.tool("pdfsig"))
        let good = try Self.run(pdfsig, ["-nocert", files.good])
        #expect(good.contains("Signature is Valid"), "\(good)")
        #expect(good.contains("Total document signed"), "\(good)")
        let bad = try Self.run(pdfsig, ["-nocert", files.bad])
        #expect(!bad.contains("Signature is Valid"), "\(bad)")
    }

    @Test(
        "pyhanko finds the document intact, and one changed byte breaks it",
        .enabled(if: tool("pyhanko") != nil, "pyhanko is not here: pip install pyhanko-cli"))
    func pyhanko() async throws {
        let files = try await Self.written()
        defer { for file in [files.good, files.bad] { try? FileManager.default.removeItem(atPath: file) } }
        let pyhanko = try #require(Self.tool("pyhanko"))
        let good = try Self.run(pyhanko, ["sign", "validate", files.good])
        #expect(good.contains("INTACT"), "\(good)")
        let bad = try Self.run(pyhanko, ["sign", "validate", files.bad])
        #expect(!bad.contains("INTACT"), "\(bad)")
    }
}
