import Testing

@testable import Domains
@testable import Tables

/// Lines above and below a table that are no rows of it.
@Suite("The layout of a file is recognised")
struct LayoutTests {
    private static func layout(_ text: String) throws -> RecognisedLayout {
        var survey = FileSurvey()
        Array(text.utf8).withUnsafeBytes { survey.look($0) }
        survey.finish()
        return try RecognisedLayout(survey)
    }

    private static func table(
        title: String = "", header: String = "id;area;crop", footer: String = "", rows: Int = 40
    ) -> String {
        title + header + "\n"
            + (0..<rows).map { "DE\(1000 + $0);\($0 * 37 % 400);\(["rye", "oats"][$0 % 2])\n" }.joined() + footer
    }

    @Test(
        "titles of several cells are no names",
        arguments: [
            ("Register of farms;2024;;\nRegion North;;Page 1;\n", "id;area;crop;owner", 3),
            ("Register of farms;2024;\n", "id;area;crop", 2), ("Kataster rolny;;\n;;\n", "id;area;crop", 3),
        ])
    func titles(title: String, header: String, row: Int) throws {
        let width = header.split(separator: ";").count
        let rows = (0..<40).map { "DE\(1000 + $0);\($0);rye\(width == 4 ? ";x\($0)" : "")\n" }.joined()
        #expect(try Self.layout(title + header + "\n" + rows).dialect.headerRow == row)
    }

    @Test("a title over the two columns that a table has is no row of names")
    func twoColumns() throws {
        let rows = (0..<40).map { "DE\(1000 + $0),\($0 * 7)\n" }.joined()
        #expect(try Self.layout("Register of farms,2024\nid,area\n" + rows).dialect.headerRow == 2)
        // Years are names where each row has a number below them.
        #expect(try Self.layout("country name,2024\nAT,NA\n" + rows).dialect.headerRow == 1)
        #expect(try Self.layout("country name,2023\nAT,12\n" + rows).dialect.headerRow == 1)
    }

    @Test(
        "names are names though one is missing",
        arguments: [";name;crop", "id;area;", "id;;crop", "id;name of the farm;crop"])
    func names(header: String) throws {
        #expect(try Self.layout(Self.table(header: header)).dialect.headerRow == 1)
    }

    @Test(
        "totals and notes of any language are no rows",
        arguments: [
            ("Итого;5500;\n", 1), ("合计;5500;\n", 1), ("Összesen;5500;\n", 1), ("Yhteensä;5500;\n", 1),
            ("Genel Toplam;5500;\n", 1), ("Total des exploitations;7260;\n", 1), (";7260;\n", 1),
            ("Όλα μαζί;7260;\n", 1), ("Summe;5500;\nStand: 1.1.2024;;\n", 2), ("Źródło: rejestr;;\n", 1),
            ("出典：農林省;;\n", 1), ("* provisional;;\n", 1), ("Own register of the district\n", 1),
            ("Source: register, 2024\n", 1),
        ])
    func footers(footer: String, count: Int) throws {
        let layout = try Self.layout(Self.table(footer: footer))
        #expect(layout.dialect.footerRows == count, "\(footer)")
        #expect(layout.notes.contains { $0.contains("left out") })
    }

    @Test(
        "a last row of which something is missing is a row",
        arguments: ["DE2000;;\n", "DE2000;5;\n", "DE2000;;rye\n", "Anna Berg;5;rye\n", "DE 2000;7;oats\n"])
    func rows(last: String) throws {
        #expect(try Self.layout(Self.table(footer: last)).dialect.footerRows == 0, "\(last)")
    }

    @Test(
        "a row that may be a total is kept and said by its number, unless its figure is the sum",
        arguments: ["Total des exploitations;55;\n", "Total Lima;;\n", ";55;\n", "Όλα μαζί;55;\n"])
    func doubtful(last: String) throws {
        let layout = try Self.layout(Self.table(footer: last))
        #expect(layout.dialect.footerRows == 0, "\(last)")
        #expect(layout.notes.contains { $0.contains("row 42") && $0.contains("was kept") }, "\(last): \(layout.notes)")
    }

    @Test("names of firms are no totals, though they begin like one")
    func firms() throws {
        let rows = (0..<40).map { "Firm \($0),\($0 * 7)\n" }.joined()
        for last in ["Total SA,55\n", "Summit,55\n", "Source Ltd,\n", "Sum Systems,\n"] {
            #expect(try Self.layout("firm,staff\n" + rows + last).dialect.footerRows == 0, "\(last)")
        }
        #expect(try Self.layout("firm,staff\n" + rows + "Total,5460\n").dialect.footerRows == 1)
    }
}
