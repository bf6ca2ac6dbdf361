import Foundation

/// What is fed: bytes in, and a trap where a promise does not hold.
enum Target: String, CaseIterable {
    case csv, parquet, gzip, arrow, task, model
    case evidence, tpm, der, image, paper, note, request, settings

    /// The one that `FUZZ_TARGET` names.
    static let chosen = Target(rawValue: ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? "")

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .csv: feedTable(bytes)
        case .parquet: feedTable(parquetFile(bytes))
        case .gzip: feedGzip(bytes)
        case .arrow: feedArrow(bytes)
        case .task: feedTask(bytes)
        case .model: feedModel(bytes)
        case .evidence: feedEvidence(bytes)
        case .tpm: feedTPM(bytes)
        case .der: feedDER(bytes)
        case .image: feedImage(bytes)
        case .paper: feedPaper(bytes)
        case .note: feedNote(bytes)
        case .request: feedRequest(bytes)
        case .settings: feedSettings(bytes)
        }
    }

    /// Real bytes to begin with.
    func seeds() throws -> [[UInt8]] {
        switch self {
        case .csv: csvSeeds()
        case .parquet: try parquetSeeds()
        case .gzip: try gzipSeeds()
        case .arrow: arrowSeeds()
        case .task: try taskSeeds()
        case .model: try modelSeeds()
        case .evidence: evidenceSeeds()
        case .tpm: tpmSeeds()
        case .der: derSeeds()
        case .image: imageSeeds()
        case .paper: try paperSeeds()
        case .note: try noteSeeds()
        case .request: requestSeeds()
        case .settings: try settingsSeeds()
        }
    }
}

/// One input of libFuzzer.
func feedOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Proof: libFuzzer lends `count` bytes for this call; they are copied.
    Target.chosen?.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// Ends the run with what was broken; libFuzzer keeps the input.
func promise(_ holds: Bool, _ what: StaticString) {
    guard holds else { fatalError("\(what)") }
}
