import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// Kinds of files that were found open: units below the names, titles that `check` met, ends of lines of two kinds, signs that no
/// file is read by, and texts by which a spreadsheet is told to read a text.
@Suite("Kinds of files that were found open") struct FoundKindsTests {
    private static let rows = (0..<60).map { "F\(1000 + $0),\($0 * 37 % 90).5,\(["retail", "food"][$0 % 2])" }
    private static let plain = (["id,turnover,sector"] + rows).joined(separator: "\n") + "\n"

    private func problems(_ csv: String, _ task: TaskSpecification) -> [TableProblem] {
        do {
            try Office.check(Array(csv.utf8), "A", task)
            return []
        } catch let problems as TableProblems {
            return problems.problems
        } catch {
            return []
        }
    }

    @Test("units below the names are part of them, to draft, check and prepare", arguments: ["1000 EUR", "[EUR]", "%"])
    func units(unit: String) throws {
        let csv = (["id,turnover,sector", ",\(unit),"] + Self.rows).joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        #expect(draft.yaml.contains("headerRows: [1, 2]"), "\(draft.yaml)")
        #expect(draft.remarks.contains { $0.contains("row 2 holds units (\(unit))") }, "\(draft.remarks)")
        let task = try Office.task(draft)
        #expect(try Office.fields(draft)["turnover \(unit)"]?.type == .number, "\(draft.yaml)")
        try Office.check(Array(csv.utf8), "A", task)
        let own = try Office.prepared(csv, task: task)
        #expect(own.outcome.problems == nil && own.outcome.rows == 60)
        try Office.check(Array((own.lines.joined(separator: "\n") + "\n").utf8), "A", task)
        // A task that calls the column without its unit takes what prepare writes.
        let bare = try Office.task(Office.draft(Self.plain))
        let other = try Office.prepared(csv, task: bare)
        #expect(other.outcome.problems == nil && other.lines.first == "id,turnover,sector", "\(other.lines.prefix(2))")
    }

    @Test(
        "somebody's row is never taken for units",
        arguments: ["F0999,NA,retail", "F0999,unknown,food", "Ana Lima,kg,retail", ",soon,", "x,EUR,retail", "kg,5,t"])
    func noUnits(row: String) throws {
        let csv = (["id,turnover,sector", row] + Self.rows).joined(separator: "\n") + "\n"
        #expect(!(try Office.draft(csv).yaml.contains("headerRows")), "\(row)")
    }

    @Test(
        "a title or a comment above the names is one problem with its cure",
        arguments: [
            ("Firms of the district, 2025\n", "dialect.headerRows"), ("Firms,,\n", "dialect.headerRows"),
            ("# exported on Monday\n# by the register\n", "dialect.commentChar"),
        ])
    func titles(title: String, cure: String) throws {
        let task = try Office.task(Office.draft(Self.plain))
        let found = problems(title + Self.plain, task)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hint.contains(cure) == true && found.first?.hint.contains("prepare") == true, "\(found)")
        // A name that is nearly right is still told as such.
        let near = problems(Self.plain.replacing("turnover", with: "turnovr"), task)
        #expect(near.contains { $0.hint.contains("Did you mean") }, "\(near)")
    }

    @Test("bare carriage returns among line feeds end rows, to draft and to check alike")
    func mixedEnds() throws {
        let csv =
            "id,turnover,sector\n"
            + Self.rows.enumerated().map { $1 + ($0 % 7 == 3 ? "\r" : $0 % 2 == 0 ? "\n" : "\r\n") }.joined()
        let draft = try Office.draft(csv)
        #expect(draft.yaml.contains("lineTerminator: cr"), "\(draft.yaml)")
        #expect(draft.remarks.contains { $0.contains("bare carriage returns, the others") }, "\(draft.remarks)")
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        #expect(try Office.prepared(csv).outcome.rows == 60)
        // Line feeds with and without a carriage return in front are nothing to speak of.
        let usual = try Office.draft(csv.replacing("\r\n", with: "\n").replacing("\r", with: "\r\n"))
        #expect(!usual.yaml.contains("lineTerminator"))
    }

    @Test("a text that a spreadsheet is told to read as one is that text", arguments: ["=\"%@\"", "\"=\"\"%@\"\"\""])
    func spreadsheetTexts(pattern: String) throws {
        let csv =
            "id,nr,sector\n"
            + (0..<60).map { row in
                "\(pattern.replacing("%@", with: "F\(1000 + row)")),\(pattern.replacing("%@", with: "00\(row % 8)")),food"
            }.joined(separator: "\n") + "\n"
        let own = try Office.prepared(csv)
        #expect(own.lines.dropFirst().first == "F1000,000,food", "\(own.lines.prefix(3))")
        if pattern.hasPrefix("\"") {
            #expect(own.outcome.changes.contains { $0.what.contains("=\"…\"") && $0.count == 60 && $0.column == "id" })
        }
        // Delimiters and line breaks within are text.
        #expect(try Office.prepared("id,a\n=\"x,y\",1\n=\"z\",2\n").lines.contains("\"x,y\",1"))
    }

    @Test("cells that no known sign separates are spoken of", arguments: ["^", "~", " "])
    func signs(sign: String) throws {
        let csv = Self.plain.replacing(",", with: sign)
        #expect(try Office.prepared(csv).outcome.notes.contains { $0.contains("one column") }, "\(sign)")
        #expect(!(try Office.prepared(Self.plain).outcome.notes.contains { $0.contains("one column") }))
    }

    @Test("a footer of a hundred lines is left out whole")
    func longFooter() throws {
        let notes = (1...100).map { "(\($0)) as estimated by the office in its report of the year\n" }.joined()
        let draft = try Office.draft(Self.plain + notes)
        #expect(draft.yaml.contains("footerRows: 100"), "\(draft.yaml)")
        try Office.check(Array((Self.plain + notes).utf8), "A", try Office.task(draft))
    }

    @Test("a download without its names is told so, and one of another profile which it is")
    func headerless() throws {
        let row = "C,A,2022,52,2022,528,NLD,Netherlands,X,Export,124,CAN,Canada,H6,TOTAL,Total Trade,1250.5"
        func refusal(_ csv: String, _ profile: TradeIngest.Profile) -> String {
            do {
                var ingest = TradeIngest(profile: profile, office: "NLD")
                try ingest.add(csv: Array(csv.utf8))
                return ""
            } catch {
                return "\(error)"
            }
        }
        let headerless = refusal("\(row)\n\(row)\n", .comtrade)
        #expect(headerless.contains("names should stand") && !headerless.contains("profile"), "\(headerless)")
        let legacy =
            "Classification,Year,Period,Trade Flow Code,Trade Flow,Reporter Code,Reporter,Partner Code,Partner,Commodity Code,"
            + "Trade Value (US$)\nHS,2019,2019,2,Export,528,Netherlands,124,Canada,01,100\n"
        #expect(refusal(legacy, .comtrade).contains("comtrade-legacy"), "\(refusal(legacy, .comtrade))")
    }
}

/// Values that lint and draft let pass.
@Suite("Private values that were found listed") struct FoundValuesTests {
    private func draft(_ texts: [String]) throws -> TaskDraft {
        try Office.draft(
            "id,v1,staff\n"
                + (0..<120).map { "F\(1000 + $0),\"\(texts[$0 * 7 % texts.count])\",\($0 * 13 % 90)\n" }.joined())
    }

    private func warnings(_ values: String) throws -> [String] {
        let listed = values.split(separator: "|").map { "'\($0)'" }.joined(separator: ", ")
        let yaml = try Fixture.yaml(replacing: "[low, med, high, vhigh]", with: "[\(listed)]")
        return TaskFile(yaml: yaml, context: TaskFile.Context(lookAtValues: PrivateValues.look)).warnings.map(\.what)
            .filter { $0.contains("listed value") }
    }

    @Test(
        "lint warns of few numbers, initials, coordinates, salaries and diagnoses that were listed by hand",
        arguments: [
            "4711|8230", "4711|8230|1938", "JQ|XQ|KV", "JFK|LBQ|WXY", "48.1252|9.6871|47.3769", "41250|38775|52130",
            "1837.68|2204.15", "J45.0|F32.1|E11.9", "C50|F20|I21", "London|Florence", "1961-1962|1975-1976|1990-1991",
            "white|cook|brown|farmer",
        ])
    func lint(values: String) throws { #expect(try !warnings(values).isEmpty, "\(values)") }

    @Test(
        "and not of classes",
        arguments: [
            "2019|2020|2021", "1000|5000|10000", "0.5|1.0|1.5", "AG|GmbH|KG", "Y15-24|Y25-64|Y_GE65", "London|Munich",
            "2018-2019|2019-2020", "white|black|brown", "ED0-2|ED3_4|ED5-8", "S|M|L|XL", "EUR|USD", "C10|C11|C13|C14",
        ])
    func classes(values: String) throws {
        let found = try warnings(values)
        #expect(found.isEmpty, "\(values): \(found)")
    }

    @Test(
        "places and words that persons are called by are in no draft beside names, nor alone",
        arguments: [
            ["London", "Florence", "Paris"], ["Jordan", "Chad", "Keller", "Rossi"], ["London", "Brandt", "Vogel"],
            ["white", "cook", "long", "brown"], ["1961-1962", "1975-1976", "1990-1991"],
        ])
    func names(texts: [String]) throws {
        let yaml = try draft(texts).yaml
        for text in texts { #expect(!yaml.contains(text), "\(text)\n\(yaml)") }
    }

    @Test(
        "ordinary classifications are listed",
        arguments: [
            ["London", "Munich", "Prague"], ["white", "black", "brown"], ["2018-2019", "2019-2020", "2020-2021"],
            ["Y_LT15", "Y15-24", "Y25-64", "Y_GE65"], ["GmbH", "AG", "KG", "OHG"], ["SARL", "SAS", "SA"],
            ["Texas", "Ohio", "Utah"], ["German", "French", "Italian"], ["Aargau", "Zug", "Thurgau"],
        ])
    func classifications(texts: [String]) throws {
        let draft = try draft(texts)
        let field = try #require(Office.fields(draft)["v1"], "\(draft.yaml)")
        #expect(field.categories?.count == texts.count, "\(draft.yaml)")
    }
}
