import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// Words, months and ranges that are classes in one column and somebody's in another: what stands beside them decides.
@Suite("Texts that are public in one column and private in another") struct SharedNamesTests {
    private func draft(_ texts: [String], rows: Int = 120) throws -> TaskDraft {
        let header = "id,v1,staff\n"
        return try Office.draft(
            header
                + (0..<rows).map { row in
                    "F\(1000 + row),\"\(texts[row * 7 % texts.count])\",\(row * 13 % 90)\n"
                }.joined())
    }

    @Test(
        "surnames that are words as well, names of months and days of birth are in no draft",
        arguments: [
            ["White", "Cook", "Young"], ["White", "Cook", "Long", "Other"], ["May", "April", "August"],
            ["May", "April", "Julia", "June", "August", "Jan"], ["S-White", "A-Cook"], ["Art White", "May Cook"],
            ["5 White", "7 Cook"], ["1 Feb", "24 Dec", "30 Jun"], ["Feb 1", "Dec 24", "Jun 30"],
            ["01. Februar", "24. Dezember"],
            ["Dec 1975", "Jun 1990", "Feb 1980"], ["May-80", "June-75", "Mar-61"], ["Q4 1975", "Q1 1980", "Q2 1990"],
            ["52300-52301", "48200-48201", "61000-61001"], ["555-1234", "1300-2400", "2500-9999"],
            ["Blue Steel Ltd", "Food Retail GmbH", "North Trade Inc."],
        ])
    func names(texts: [String]) throws {
        let yaml = try draft(texts).yaml
        for text in texts where text != "Other" { #expect(!yaml.contains(text), "\(text)\n\(yaml)") }
    }

    @Test(
        "colours, trades, seasons, months, bands and degrees are listed",
        arguments: [
            ["White", "Black", "Red", "Blue"], ["White", "Black", "Asian", "Other"], ["Farmer", "Teacher", "Cook"],
            ["Frühling", "Sommer", "Herbst", "Winter"], ["North", "South", "West"], ["April", "May", "June"],
            ["Januar", "Februar", "März"], ["Jan-23", "Feb-23", "Mar-23"], ["Dec 2015", "Dec 2016", "Dec 2018"],
            ["2019/20", "2020/21"], ["18-24 Jahre", "25-34 Jahre", "65 Jahre und älter"],
            ["0-25%", "25-50%", "50-75%"],
            ["< 1,000 EUR", "1,000-1,999 EUR", "2,000+ EUR"], ["0-10k", "10k-20k", "20k+"],
            ["1 bis unter 10", "10 bis unter 50"],
            ["Strongly agree", "Agree", "Neutral", "Disagree"], ["Stage I", "Stage II", "Stage III"],
            ["Group A", "Group B"],
            ["S", "M", "L", "XL"], ["AAA", "AA", "BBB"], ["Q1", "Q2", "Q3", "Q4"], ["kg", "m3", "kWh"],
            ["男", "女"],
            ["Evet", "Hayır"], ["Sì", "No"], ["Bachelor's degree", "PhD", "High school"], ["Full-time", "Part-time"],
            ["A+", "B-", "O+"], ["EUR", "USD"], ["WAHR", "FALSCH"],
        ])
    func classes(texts: [String]) throws {
        let draft = try draft(texts)
        let field = try #require(Office.fields(draft)["v1"], "\(draft.yaml)")
        #expect(field.categories?.count == texts.count, "\(draft.yaml)")
    }

    @Test("months of birth are named with the years around them, not with the first and the last")
    func years() throws {
        let yaml = try draft(["1973-02", "1987-12", "1991-06"]).yaml
        #expect(!yaml.contains("1973") && !yaml.contains("1991"), "\(yaml)")
        #expect(yaml.contains("months-YYYY-MM-1970-1994"), "\(yaml)")
    }
}
