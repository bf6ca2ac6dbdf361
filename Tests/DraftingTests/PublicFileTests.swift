import Foundation
import Tasks
import Testing

@testable import Drafting

@Suite("The offices' public files")
struct PublicFileTests {
    static let folder = sharedData("office-files")

    static let names: [String] = {
        guard let folder, let found = try? FileManager.default.subpathsOfDirectory(atPath: folder.path) else {
            return []
        }
        return found.filter { $0.hasSuffix(".csv") }.sorted()
    }()

    /// What no program can read without guessing at its rows.
    private static let broken = ["c23a-missing-quote.csv", "c23b-open-quote-last.csv", "c23c-open-quote.csv"]

    @Test(
        "every file gives a draft that lints and checks against its own sample",
        .enabled(if: folder != nil, "the offices' files are not here: set ENTREPOT_DATA"), arguments: names)
    func drafted(name: String) throws {
        let folder = try #require(Self.folder)
        let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
        let partner = try String(contentsOf: folder.appending(path: "partner.csv"), encoding: .utf8)
        guard !Self.broken.contains(name) else {
            #expect(throws: TaskError.self) { try Office.draft(bytes, beside: partner) }
            return
        }
        let draft = try Office.draft(bytes, beside: partner)
        let task = try Office.task(draft)
        try Office.check(bytes, "A", task)
        try Office.check(Array(partner.utf8), "B", task)
    }
}
