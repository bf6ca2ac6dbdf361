import Foundation
import Testing

@testable import Tasks

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

    private static let raw: URL? = {
        var candidates: [URL] = []
        if let named = ProcessInfo.processInfo.environment["ENTREPOT_DATA"] {
            candidates.append(URL(fileURLWithPath: named))
        }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        candidates.append(package.deletingLastPathComponent().appending(path: "shared/data"))
        return candidates.map { $0.appending(path: "trade/a_mirror/a5_petlab_202203") }.first {
            FileManager.default.fileExists(atPath: $0.path)
        }
    }()

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
