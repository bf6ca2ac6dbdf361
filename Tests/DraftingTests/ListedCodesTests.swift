import Domains
import Tasks
import Testing

@testable import Drafting

/// Columns that hold codes of a public list.
@Suite("Public lists are recognised by the edition and the level") struct ListedCodesTests {
    /// The list that a draft names for a column of these values; nil where it names none.
    private static func list(_ name: String, _ values: [String]) throws -> String? {
        let rows = (0..<120).map { "F\(1000 + $0),\(values[$0 % values.count])" }
        let csv = "id,\(name)\n" + rows.joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        return draft.yaml.firstMatch(of: /name: [^,]+, type: string, codeList: ([^,}]+)/).map { String($0.1) }
    }

    @Test("the edition is named that holds most of the values, the latest of those that hold as many")
    func editions() throws {
        #expect(try Self.list("hs6", ["010121", "847130", "270900", "870323", "300220"]) == "hs-2017-6")
        #expect(try Self.list("commodity", ["010121", "847130", "270900", "870323"]) == "hs-2022-6")
        #expect(try Self.list("hs", ["010111", "010119", "847130", "270900"]) == "hs-1996-6")
        #expect(try Self.list("region", ["NL31", "NL33", "NL11", "NL12", "NL13"]) == "nuts-2021-2")
        #expect(try Self.list("region", ["NL35", "NL36", "NL11", "NL12", "NL13"]) == "nuts-2024-2")
    }

    @Test("regions and activities are named by their level")
    func levels() throws {
        #expect(try Self.list("nuts3", ["AT111", "AT112", "DE300", "FI1B1", "SE110"]) == "nuts-2024-3")
        #expect(try Self.list("home", ["AT11", "AT12", "DE30", "FI1B", "SE11", "SE12"]) == "nuts-2024-2")
        #expect(try Self.list("geo", ["DE1", "DE2", "FR1", "ITC", "SE1"]) == "nuts-2024-1")
        #expect(try Self.list("code NAF", ["01.11", "10.71", "47.11", "62.01", "86.21"]) == "nace-2-class")
        #expect(try Self.list("nace", ["0111", "1071", "4711", "6201"]) == "nace-2-class-digits")
        #expect(try Self.list("NACE group", ["01.1", "10.7", "47.1", "62.0"]) == "nace-2-group")
        #expect(try Self.list("nace", ["62.10", "62.20", "01.11", "46.11"]) == "nace-2.1-class")
    }

    @Test("short lists are named: states, cantons, languages, levels of education, activities with their letter")
    func short() throws {
        #expect(try Self.list("state", ["TX", "NY", "CA", "OH"]) == "us-states-2009")
        #expect(try Self.list("home", ["TX", "NY", "CA", "OH", "FL", "WA", "NJ"]) == "us-states-2009")
        #expect(try Self.list("Kanton", ["ZH", "BE", "AG"]) == "ch-cantons-1979")
        #expect(try Self.list("Bundesland", ["NW", "BY", "BW"]) == "de-laender-1990")
        #expect(try Self.list("province", ["ON", "QC", "BC", "AB"]) == "ca-provinces-1999")
        #expect(try Self.list("language", ["en", "de", "fr", "it"]) == "iso-639-1-2024")
        #expect(try Self.list("isced11", ["ED1", "ED2", "ED3", "ED5"]) == "isced-2011")
        #expect(try Self.list("isced11", ["ED0-2", "ED3_4", "ED5-8"]) == "isced-2011-group")
        #expect(try Self.list("isco08", ["OC1", "OC2", "OC9"]) == "isco-08-major")
        #expect(try Self.list("coicop", ["CP01", "CP02", "CP12"]) == "coicop-1999-division")
        #expect(try Self.list("nace_r2", ["C10", "C13", "F41", "G46"]) == "nace-2-letter-division")
        #expect(try Self.list("nace_r2", ["C101", "C131", "F411", "G461"]) == "nace-2-letter-group")
    }

    @Test("amounts that could be codes are numbers")
    func amounts() throws {
        #expect(try Self.list("price", ["10.71", "47.11", "62.01", "86.21", "01.11"]) == nil)
        #expect(try Self.list("amount", ["10121", "84713", "27090", "87032", "30021"]) == nil)
    }

    @Test("short numbers among words are pointed at, and a class of numbers with one word is not")
    func shortNumbers() throws {
        func remarks(_ values: [String]) throws -> [String] {
            let rows = (0..<120).map { "F\(1000 + $0),\(values[$0 % values.count]),\($0 % 50)" }
            return try Office.draft("id,status,staff\n" + rows.joined(separator: "\n") + "\n").remarks
        }
        #expect(try remarks(["open", "closed", "paid", "12"]).contains { $0.contains("numbers among words") })
        #expect(try !remarks(["1", "2", "3", "none"]).contains { $0.contains("numbers among words") })
    }
}
