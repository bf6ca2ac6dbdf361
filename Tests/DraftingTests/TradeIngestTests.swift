import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

private let legacy = """
    Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,Trade Flow Code,Trade Flow,Reporter Code,Reporter,\
    Reporter ISO,Partner Code,Partner,Partner ISO,Commodity Code,Commodity,Qty Unit Code,Qty Unit,Qty,Netweight (kg),\
    Trade Value (US$),Flag

    """

private func line(_ flow: Int, _ reporter: Int, _ partner: Int, _ value: Int, edition: String = "H5") -> String {
    "\(edition),2022,202203,Mar-22,2,0,\(flow),x,\(reporter),r,,\(partner),p,,27,\"Fuels, mineral; \"\"oils\"\"\",,,,0.0,\(value),0\n"
}

/// The 47 columns of Comtrade's files since 2023.
private let present = """
    typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,reporterDesc,flowCode,\
    flowDesc,partnerCode,partnerISO,partnerDesc,partner2Code,partner2ISO,partner2Desc,classificationCode,\
    classificationSearchCode,isOriginalClassification,cmdCode,cmdDesc,aggrLevel,isLeaf,customsCode,\
    customsDesc,mosCode,motCode,motDesc,qtyUnitCode,qtyUnitAbbr,qty,isQtyEstimated,altQtyUnitCode,\
    altQtyUnitAbbr,altQty,isAltQtyEstimated,netWgt,isNetWgtEstimated,grossWgt,isGrossWgtEstimated,cifvalue,\
    fobvalue,primaryValue,legacyEstimationFlag,isReported,isAggregate

    """

/// A line of them: what an ingest reads, and filling for the rest.
private func presentLine(
    _ flow: String, _ reporter: Int, _ partner: Int, _ value: String, edition: String = "H6", transport: Int = 0
) -> String {
    let known = [
        "typeCode": "C", "freqCode": "M", "period": "202203", "reporterCode": "\(reporter)", "flowCode": flow,
        "partnerCode": "\(partner)", "partner2Code": "0", "classificationCode": edition, "cmdCode": "27",
        "cmdDesc": "\"Fuels, mineral; \"\"oils\"\"\"", "customsCode": "C00", "mosCode": "0", "motCode": "\(transport)",
        "primaryValue": value, "cifvalue": "", "isAggregate": "True",
    ]
    return present.split(separator: "\n")[0].split(separator: ",").map { known[String($0)] ?? "" }
        .joined(separator: ",") + "\n"
}

@Suite("Ingest of published trade files") struct TradeIngestTests {
    @Test("directions, re-exports and editions come apart, and the United States are 842")
    func legacyLayout() throws {
        var ingest = TradeIngest(profile: .comtradeLegacy, office: "USA")
        let rows = [
            line(2, 842, 124, 100), line(3, 842, 124, 7), line(1, 842, 124, 200), line(2, 842, 124, 90, edition: "H4"),
            line(2, 124, 842, 999), line(2, 842, 0, 1000), line(4, 842, 276, 3),
        ]
        try ingest.add(csv: Array((legacy + rows.joined()).utf8))
        #expect(
            ingest.csv() == """
                key,period,edition,cmd_code,exporter,importer,flow,trade_value_usd,re_value_usd
                202203|H4|27|USA|CAN,202203,H4,27,USA,CAN,X,90,
                202203|H5|27|CAN|USA,202203,H5,27,CAN,USA,M,200,
                202203|H5|27|DEU|USA,202203,H5,27,DEU,USA,M,,3
                202203|H5|27|USA|CAN,202203,H5,27,USA,CAN,X,100,7

                """)
        #expect(ingest.leftOut.values.reduce(0, +) == 2)
        var wrong = TradeIngest(profile: .comtradeLegacy, office: "USA")
        let refusal = #expect(throws: TaskError.self) {
            try wrong.add(csv: Array((legacy + line(2, 840, 124, 1)).utf8))
        }
        #expect(refusal.map { "\($0)".contains("842") } == true)
        #expect(throws: TaskError.self) { try ingest.add(csv: Array((legacy + line(2, 842, 124, 1)).utf8)) }
        #expect(throws: TaskError.self) { try wrong.add(csv: Array("a,b\n1,2\n".utf8)) }
    }

    @Test("of the present layout and of SDMX-CSV only totals are taken")
    func presentLayouts() throws {
        var present = TradeIngest(profile: .comtrade, office: "ITA")
        try present.add(
            csv: Array(
                """
                period,reporterCode,flowCode,partnerCode,partner2Code,classificationCode,cmdCode,customsCode,mosCode,motCode,primaryValue
                202203,380,X,124,0,H6,27,C00,0,0,12.6
                202203,380,X,124,0,H6,27,C00,0,2100,5
                202203,380,RX,124,0,H6,27,C00,0,0,2
                202203,380,MIP,124,0,H6,27,C00,0,0,9
                """.utf8))
        #expect(
            present.csv(columns: ["key", "trade_value_usd", "re_value_usd"]).hasSuffix("202203|H6|27|ITA|CAN,13,2\n"))
        #expect(present.rowCount == 1)
        var sdmx = TradeIngest(profile: .sdmxCSV, office: "NLD")
        try sdmx.add(
            csv: Array(
                """
                STRUCTURE,STRUCTURE_ID,FREQ,REF_AREA,TRADE_FLOW,COMMODITY_1,COUNTERPART_AREA_1,TRANSPORT_MODE_BORDER,TIME_PERIOD,OBS_VALUE
                dataflow,UNSD:IMTS(1.2),M,528,M,HS2017_27,842,_T,2022-03,55
                dataflow,UNSD:IMTS(1.2),M,528,M,HS2017_27,842,1,2022-03,54
                """.utf8))
        #expect(sdmx.csv(columns: ["key", "flow", "trade_value_usd"]).hasSuffix("202203|H5|27|USA|NLD,M,55\n"))
    }

    @Test("a file of all 47 columns: totals alone, re-exports apart, editions apart, the United States 842 and not 840")
    func wholeLayout() throws {
        #expect(present.split(separator: "\n")[0].split(separator: ",").count == 47)
        var ingest = TradeIngest(profile: .comtrade, office: "USA")
        let rows = [
            presentLine("X", 842, 124, "12.6"), presentLine("X", 842, 124, "5", transport: 2100),
            presentLine("RX", 842, 124, "2"), presentLine("M", 842, 124, "30"), presentLine("RM", 842, 124, "4"),
            presentLine("X", 842, 124, "90", edition: "H5"), presentLine("X", 842, 0, "1000"),
            presentLine("X", 842, 276, "NaN"), presentLine("X", 842, 276, "-1"), presentLine("X", 842, 276, "1e400"),
        ]
        try ingest.add(csv: Array((present + rows.joined()).utf8))
        #expect(
            ingest.csv() == """
                key,period,edition,cmd_code,exporter,importer,flow,trade_value_usd,re_value_usd
                202203|H5|27|USA|CAN,202203,H5,27,USA,CAN,X,90,
                202203|H6|27|CAN|USA,202203,H6,27,CAN,USA,M,30,4
                202203|H6|27|USA|CAN,202203,H6,27,USA,CAN,X,13,2

                """)
        #expect(ingest.leftOut.values.reduce(0, +) == 5)
        var wrong = TradeIngest(profile: .comtrade, office: "USA")
        #expect(throws: TaskError.self) { try wrong.add(csv: Array((present + presentLine("X", 840, 124, "1")).utf8)) }
        // A file of another layout is told so, not read wrongly.
        #expect(throws: TaskError.self) { try wrong.add(csv: Array((legacy + line(2, 842, 124, 1)).utf8)) }
    }

    @Test("totals of commodities and services are left out with their value; commas and negative powers are read")
    func totalsAndServices() throws {
        var ingest = TradeIngest(profile: .comtrade, office: "ITA")
        try ingest.add(
            csv: Array(
                """
                typeCode,period,reporterCode,flowCode,partnerCode,partner2Code,classificationCode,cmdCode,customsCode,mosCode,motCode,primaryValue
                C,202203,380,X,124,0,H6,270900,C00,0,0,"12,5"
                C,202203,380,X,124,0,H6,TOTAL,C00,0,0,500
                C,202203,380,X,124,0,H6,AG6,C00,0,0,400
                S,202203,380,X,124,0,H6,270900,C00,0,0,9
                """.utf8))
        #expect(ingest.csv(columns: ["key", "trade_value_usd"]).hasSuffix("202203|H6|270900|ITA|CAN,13\n"))
        #expect(ingest.rowCount == 1)
        #expect(ingest.reasons["a total of commodities: TOTAL"]?.value == 500)
        #expect(ingest.reasons["a total of commodities: AG6"]?.value == 400)
        #expect(ingest.reasons["services, no goods (typeCode S)"]?.value == 9)
        // A file of totals alone is a table of totals.
        var totals = TradeIngest(profile: .comtradeLegacy, office: "USA")
        try totals.add(csv: Array((legacy + line(2, 842, 124, 100).replacing(",27,", with: ",TOTAL,")).utf8))
        #expect(totals.rowCount == 1)
        var sdmx = TradeIngest(profile: .sdmxCSV, office: "NLD")
        try sdmx.add(
            csv: Array(
                """
                FREQ,REF_AREA,TRADE_FLOW,COMMODITY_1,COUNTERPART_AREA_1,TIME_PERIOD,OBS_VALUE,UNIT_MULT
                M,528,M,HS2017_27,842,2022-03,55000,-3
                M,528,M,HS2017__T,842,2022-03,7,0
                """.utf8))
        #expect(sdmx.csv(columns: ["key", "flow", "trade_value_usd"]).hasSuffix("202203|H5|27|USA|NLD,M,55\n"))
        #expect(sdmx.rowCount == 1)
    }

    private static let raw = sharedData("trade/a_mirror/a5_petlab_202203")

    @Test(
        "the eight files of the PET Lab's demonstration give the five offices' tables",
        .enabled(if: raw != nil, "the files of March 2022 are not here: set ENTREPOT_DATA"),
        arguments: ["USA", "CAN", "GBR", "NLD", "ITA"])
    func petLab(office: String) throws {
        let folder = try #require(Self.raw)
        var ingest = TradeIngest(profile: .comtradeLegacy, office: office)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "raw").path)
        for name in names.sorted() where name.hasSuffix(".csv") {
            try ingest.add(csv: Array(Data(contentsOf: folder.appending(path: "raw/\(name)"))))
        }
        let found = Set(
            ingest.csv(columns: ["exporter", "importer", "flow", "trade_value_usd"]).split(separator: "\n").dropFirst()
                .filter { !$0.hasSuffix(",") })
        let prepared = try String(contentsOf: folder.appending(path: "nso_\(office).csv"), encoding: .utf8)
        let expected = Set(
            prepared.split(whereSeparator: \.isNewline).dropFirst().map { line in
                let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                return Substring("\(cells[2]),\(cells[3]),\(cells[5]),\(cells[7])")
            })
        #expect(found == expected)
    }
}

@Suite("Ingest of trade files as they are downloaded")
struct DownloadedTradeTests {
    private func ingest(_ profile: TradeIngest.Profile, _ office: String, _ files: [UInt8]...) throws -> TradeIngest {
        var ingest = TradeIngest(profile: profile, office: office)
        for file in files { try ingest.add(csv: file) }
        return ingest
    }

    @Test("codes with blanks or decimals, grouped values and lost zeros are read as what they are, and said")
    func codes() throws {
        let rows = [
            presentLine("X ", 528, 276, "\"1,250,000.0\""),
            presentLine("X", 528, 124, "77").replacing(",C00,0,", with: ",C00,0 ,"),
            presentLine("X", 528, 36, "5").replacing(",36,", with: ",36.0,").replacing(",27,", with: ",1,"),
            presentLine("M", 528, 276, "9").replacing(",27,", with: ",10121,"),
        ]
        let found = try ingest(.comtrade, "nld", Array((present + rows.joined()).utf8))
        let csv = found.csv(columns: ["key", "trade_value_usd"])
        for line in [
            "202203|H6|27|NLD|DEU,1250000", "202203|H6|27|NLD|CAN,77", "202203|H6|01|NLD|AUS,5",
            "202203|H6|010121|DEU|NLD,9",
        ] {
            #expect(csv.contains(line), "\(csv)")
        }
        #expect(found.leftOut.isEmpty)
        #expect(found.mended.values.map(\.count).reduce(0, +) == 3)
        #expect(found.taken.value == 1_250_091)
    }

    @Test("a code of five digits that no zero in front makes a code is refused", arguments: ["27090", "10122", "989"])
    func noCode(code: String) {
        let csv = present + presentLine("X", 528, 276, "9").replacing(",27,", with: ",\(code),")
        #expect {
            try ingest(.comtrade, "NLD", Array(csv.utf8))
        } throws: { error in
            "\(error)".contains("row 2") && "\(error)".contains(code)
        }
    }

    @Test("trailing commas, Windows-1252, other names and the same row twice are read as the site writes them")
    func layouts() throws {
        let plain = present + presentLine("X", 528, 276, "100") + presentLine("X", 528, 384, "7")
        let expected = try ingest(.comtrade, "NLD", Array(plain.utf8)).csv()
        let trailing =
            plain.split(separator: "\n").enumerated().map { $0 == 0 ? String($1) : $1 + "," }.joined(separator: "\r\n")
            + "\r\n"
        let windows = plain.replacing("Fuels, mineral", with: "Fuels, Côte").unicodeScalars.map { UInt8($0.value) }
        let names = present.split(separator: "\n")[0].split(separator: ",").map { name in
            name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
        }.joined(separator: ",")
        let snake = names + "\n" + plain.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
        let twice = plain + presentLine("X", 528, 276, "100")
        for bytes in [Array(trailing.utf8), windows, Array(snake.utf8), Array(twice.utf8)] {
            #expect(try ingest(.comtrade, "NLD", bytes).csv() == expected)
        }
        #expect(throws: TaskError.self) {
            try ingest(.comtrade, "NLD", Array((plain + presentLine("X", 528, 276, "101")).utf8))
        }
    }

    @Test("every row is accounted for by a true reason, with its value; unknown areas are apart from the world")
    func reasons() throws {
        let rows = [
            presentLine("X", 528, 276, "10"), presentLine("X", 528, 0, "20"), presentLine("X", 528, 899, "30"),
            presentLine("X", 528, 999, "40"), presentLine("X", 528, 58, "50"), presentLine("X", 528, 530, "60"),
            presentLine("X", 528, 736, "70"), presentLine("X", 528, 891, "80"), presentLine("X", 124, 276, "90"),
            presentLine("FM", 528, 276, "5"), presentLine("X", 528, 276, "6", transport: 2100),
            presentLine("X", 528, 528, "8"),
        ]
        let found = try ingest(.comtrade, "NLD", Array((present + rows.joined()).utf8))
        #expect(found.rowCount == 5)
        #expect(found.taken.rows + found.leftOut.values.reduce(0, +) == rows.count)
        #expect(found.taken.value + found.reasons.values.reduce(0) { $0 + $1.value } == 469)
        #expect(found.reasons["the partner is the world"]?.value == 20)
        #expect(found.reasons["the partner is an area that is not named: 899"]?.rows == 1)
        #expect(found.reasons["the partner is an area that is not known: 999"]?.firstRow == 5)
        #expect(found.csv().contains("SCG"))
    }

    @Test("where nothing is left the offices of the file are named")
    func nothing() throws {
        let found = try ingest(.comtrade, "FRA", Array((present + presentLine("X", 528, 276, "1")).utf8))
        let error = #expect(throws: TaskError.self) { try found.check() }
        #expect(error.map { "\($0)".contains("NLD") } == true)
        #expect(throws: TaskError.self) { try ingest(.comtrade, "XXX", Array(present.utf8)) }
    }

    @Test("SDMX: multipliers, deletions, missing values, labels and currencies; one key with Comtrade's files")
    func sdmx() throws {
        let header =
            "STRUCTURE,ACTION,REF_AREA,TRADE_FLOW,COMMODITY_1,COUNTERPART_AREA_1,TIME_PERIOD,OBS_VALUE,UNIT_MULT,UNIT_MEASURE,OBS_STATUS\n"
        let rows = """
            dataflow,I,528: Netherlands,X: Exports,HS2017_27: Fuels,276: Germany,2022-03,125.5,6,USD,A
            dataflow,D,528,X,HS2017_84,276,2022-03,77,0,USD,A
            dataflow,I,528,X,HS2017_85,276,2022-03,NaN,0,USD,M
            dataflow,I,NL,M,HS2017_01,DE,2022-03,12,3,USD,A

            """
        let found = try ingest(.sdmxCSV, "NLD", Array((header + rows).utf8))
        #expect(
            found.csv(columns: ["key", "trade_value_usd"])
                == "key,trade_value_usd\n202203|H5|01|DEU|NLD,12000\n202203|H5|27|NLD|DEU,125500000\n")
        let other = try ingest(
            .comtrade, "DEU", Array((present + presentLine("M", 276, 528, "131", edition: "H5")).utf8))
        #expect(other.csv(columns: ["key"]).contains("202203|H5|27|NLD|DEU"))
        #expect(throws: TaskError.self) {
            try ingest(.sdmxCSV, "NLD", Array((header + rows.replacing("12,3,USD", with: "12,3,EUR")).utf8))
        }
    }

    @Test("each profile writes the table that Configs/comtrade-mirror.yaml declares")
    func declared() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let yaml = try String(contentsOf: root.appending(path: "Configs/comtrade-mirror.yaml"), encoding: .utf8)
        let task = try TaskSpecification(yaml: yaml, context: TaskFile.Context(allowsMissingKeys: true))
        let table = try #require(task.party(named: "Netherlands")?.table)
        let columns = table.key.columns + table.schema.fields.map(\.name)
        let sdmx = """
            STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,TRADE_FLOW,COMMODITY_1,COUNTERPART_AREA_1,TIME_PERIOD,OBS_VALUE,UNIT_MULT
            dataflow,UNSD:IMTS(1.2),I,M,528,X,HS2022_27,842,2022-03,55,0

            """
        let found = [
            try ingest(.comtradeLegacy, "NLD", Array((legacy + line(2, 528, 842, 55, edition: "H6")).utf8)),
            try ingest(.comtrade, "NLD", Array((present + presentLine("X", 528, 842, "55")).utf8)),
            try ingest(.sdmxCSV, "NLD", Array(sdmx.utf8)),
        ].map { $0.csv(columns: columns) }
        #expect(Set(found).count == 1, "\(found)")
        for csv in found {
            #expect(try Office.check(Array(csv.utf8), "Netherlands", task).allSatisfy { $0.code != "becomes_other" })
        }
    }

    @Test(
        "the public downloads lose nothing in silence",
        .enabled(if: PublicFileTests.folder != nil, "the offices' files are not here: set ENTREPOT_DATA"),
        arguments: [
            ("real/tha_present.csv", TradeIngest.Profile.comtrade, "THA", 1178),
            ("real/uscn.csv", .comtradeLegacy, "USA", 290),
        ])
    func downloads(name: String, profile: TradeIngest.Profile, office: String, rows: Int) throws {
        let folder = try #require(PublicFileTests.folder)
        let found = try ingest(profile, office, Array(try Data(contentsOf: folder.appending(path: name))))
        #expect(found.taken.rows + found.leftOut.values.reduce(0, +) == rows)
        let lost = found.reasons.filter { !["the partner is the world", "of another reporter"].contains($0.key) }
        #expect(lost.values.reduce(0) { $0 + $1.rows } * 20 < rows, "\(found.reasons)")
    }
}
