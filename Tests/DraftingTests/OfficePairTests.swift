import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// A draft from any two of the offices' files, beside what a person says of their columns.
@Suite("Any two of the offices' files")
struct OfficePairTests {
    /// The columns of all files that a person who looked at them calls a classification; of every other no value may stand in a
    /// draft. Words that stand for a missing number are named with their column.
    private static let classifications: Set<String> = [
        // Comtrade, before and since 2023, and as an R package names it.
        "typecode", "freqcode", "reportercode", "reporteriso", "reporter", "flowcode", "flow", "partnercode",
        "partneriso",
        "partner", "partner2iso", "partner2code", "classificationcode", "classificationsearchcode", "classification",
        "cmdcode", "commoditycode", "customscode", "moscode", "motcode", "qtyunitcode", "qtyunitabbr", "altqtyunitcode",
        "altqtyunitabbr", "tradeflow", "tradeflowcode", "aggregatelevel", "isoriginalclassification",
        "partnerdesc", "partner2desc", "reporterdesc", "flowdesc", "motdesc", "customsdesc",
        // SDMX.
        "action", "freq", "tradeflow", "commodity1", "transportmodeborder", "customsproc", "unitmeasure", "obsstatus",
        "reportingarea", "counterpartarea", "refarea", "currency", "unitmult", "timeperiod",
        // Our own.
        "sector", "town", "towndistrict", "tariff", "kind", "geotimeperiod", "cn8", "hs6", "hs4", "hs2", "nace", "nuts",
        "country", "region", "state", "status", "flag",
        // Customers of a telephone company.
        "gender", "dependents", "multiplelines", "internetservice", "onlinesecurity", "onlinebackup",
        "deviceprotection",
        "techsupport", "streamingtv", "streamingmovies", "paperlessbilling", "paymentmethod", "churn", "phoneservice",
        "contract", "seniorcitizen",
    ]
    /// Columns of numbers in which a value stands for "unknown".
    private static let sentinels: Set<String> = ["income", "age", "qtyunitcode", "altqtyunitcode"]

    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    private static let mostBytes = 600_000

    /// Files that give a draft at all; three are broken.
    private static let readable = PublicFileTests.names.filter { !$0.hasPrefix("c23") }

    /// All pairs take minutes: seven partners for each file are every kind beside many others. `ENTREPOT_ALL_PAIRS` asks for all.
    private static let steps =
        ProcessInfo.processInfo.environment["ENTREPOT_ALL_PAIRS"] == nil
        ? [1, 2, 3, 5, 8, 13, 21] : Array(1..<max(2, readable.count))

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: #require(PublicFileTests.folder).appending(path: name)))
    }

    @Test(
        "a draft lints, checks against its samples, and lists values of classifications alone",
        .enabled(if: PublicFileTests.folder != nil, "the offices' files are not here: set ENTREPOT_DATA"),
        arguments: readable)
    func pairs(first: String) throws {
        let own = try Self.bytes(first)
        var drafts = 0
        // Of the largest file a pair with each would take minutes.
        let place = try #require(Self.readable.firstIndex(of: first))
        for step in Self.steps {
            let second = Self.readable[(place + step) % Self.readable.count]
            let other = try Self.bytes(second)
            guard own.count + other.count < Self.mostBytes else { continue }
            let draft = try TaskDraft(
                name: "pair",
                providers: [
                    .init(name: "A", publicKey: Fixture.alice.publicKey, sample: own),
                    .init(name: "B", publicKey: Fixture.bob.publicKey, sample: other),
                ])
            let task = try Office.task(draft)
            drafts += 1
            for (party, sample) in [("A", own), ("B", other)] {
                do {
                    try Office.check(sample, party, task)
                } catch let problems as TableProblems {
                    Issue.record("\(first) beside \(second): \(party): \(problems)")
                }
            }
            for line in Self.listing(draft.yaml) {
                #expect(
                    Self.classifications.contains(Self.plain(line.column))
                        || line.isMissing && Self.sentinels.contains(Self.plain(line.column)),
                    "\(first) beside \(second): \(line.column): \(line.text)")
            }
        }
        #expect(drafts > 0 || own.count > Self.mostBytes / 2)
    }

    /// The lines of a draft that say that they hold a value of a sample, by column.
    private static func listing(_ yaml: String) -> [(column: String, text: String, isMissing: Bool)] {
        var column = ""
        var found: [(String, String, Bool)] = []
        for line in yaml.split(separator: "\n") {
            if let name = line.firstMatch(of: /^ +- (?:\{name|name): ('(?:[^']|'')*'|[^,]+)/)?.1 {
                column = String(name)
            }
            // The draft marks them, and any item of a list of categories is one, marked or not.
            let isItem = line.hasPrefix("            - ")
            if isItem || !line.hasPrefix("#") && line.contains("value of the sample") {
                found.append((column, String(line), !isItem))
            }
        }
        return found
    }
}
