import Client
import Foundation
import Ledger
import Logging
import Synchronization
import Tasks
import Testing

@testable import Service

/// The black-box game: whoever sees statuses, headers, sizes, metrics, ledger and logs, and not the rows themselves, sees
/// the same of neighbouring tables, and of tables that do not join at all.
@Suite("Neighbouring tables, live", .serialized, .timeLimit(.minutes(30)), .live)
struct NeighbourTests {
    /// All that a stranger, the parties, a consumer and the operator see of one run. What is not drawn from noise is kept
    /// byte for byte; of that, commitments alone are masked, with the hashes of entries that hold them.
    private func sight(_ game: NeighbourGame, _ world: Int) async throws -> [String] {
        let log = LogSight()
        var logger = Logger(label: "neighbours") { _ in log }
        logger.logLevel = .info  // as an operator runs it
        let clock = TestClock(Date(timeIntervalSince1970: 1_800_000_000))
        let parties = game.task.specification.parties
        let providers = game.task.specification.providers.map(\.name)
        let (first, last) = (try #require(providers.first), try #require(providers.last))
        let consumer = parties.first { $0.role == .consumer }?.name ?? first
        var seen = try await withService(game.task, clock: clock, logger: logger) { live in
            var seen: [String] = []
            var calls = ["nobody": try await RawCalls(live, as: nil)]
            for party in parties { calls[party.name] = try await RawCalls(live, as: party.name) }
            func look(_ party: String, _ path: String, drawn: Drawn = .nothing) async throws {
                let caller = try #require(calls[party])
                let answer = try await caller(path, ["-i"])
                seen.append("\(party) \(path): " + Self.shape(answer.body, drawn))
            }
            for (party, text) in zip(providers, game.worlds[world].files) {
                let answer = try #require(try await calls[party]?.upload(text))
                seen.append("\(party) uploads: \(answer.status) \(answer.body.count)")
                try await look(party, "/confirm_data")
            }
            try await waitForModel(try #require(calls[first]))
            for path in ["/model_status", "/model_status?verbose=1", "/columns", "/formats"] {
                try await look(first, path)
            }
            for party in parties { try await look(party.name, "/ledger") }
            for path in ["/details", "/queries"] { try await look(last, path) }
            for query in game.task.specification.queries {
                try await look(consumer, "/queries/\(query.name)", drawn: .figures)
            }
            // How the budget was shared among releases follows from the releases before.
            try await look(last, "/ledger/total", drawn: .rows)
            for path in ["/samples", "/samples?num_samples=25", "/samples?num_samples=3&format=json"] {
                try await look(consumer, path, drawn: .rows)
            }
            for path in ["/samples?num_samples=-1", "/data", "/upload_data"] { try await look(consumer, path) }
            for path in ["/healthz", "/readyz", "/spec", "/samples", "/metrics"] { try await look("nobody", path) }
            try await look(first, "/metrics")
            let keeper = try #require(calls[last])
            let mask = try LedgerMask(try await keeper("/ledger").body)
            return seen.map { mask.applied(to: $0) }
        }
        seen += log.lines.filter { !$0.contains("listening on") }.sorted()
        return seen
    }

    /// What of a body comes from noise, so that its bytes may differ.
    private enum Drawn {
        case nothing
        /// Its lines and its fields may not differ.
        case rows
        /// Its groups and their figures may not differ. What is computed from a figure, such as a ratio, needs it to be positive.
        case figures
    }

    /// Status, headers and body; of what is drawn the number of rows and fields, or the groups, alone.
    private static func shape(_ raw: String, _ drawn: Drawn) -> String {
        // How often the model was asked for while it was fitted is the test's own doing.
        let lines = raw.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n")
        let text = lines.filter { !$0.contains("path=\"/model_status\"") }.joined(separator: "\n")
        let hidesLength = drawn != .nothing || text.contains("entrepot_calls_total")
        let parts = text.components(separatedBy: "\n\n")
        let head = (parts.first ?? "").components(separatedBy: "\n")
        let body = parts.dropFirst().joined(separator: "\n\n")
        let headers = head.dropFirst().map { line -> String in
            let name = line.prefix { $0 != ":" }.lowercased()
            switch name {
            case "content-length": return hidesLength ? name : line
            case "etag" where drawn != .nothing: return name
            // The clock of the machine, the boot's number, and the seed that the service draws anew.
            case "date", "entrepot-boot", "entrepot-seed", "link": return name
            default: return line
            }
        }
        let told =
            switch drawn {
            case .nothing: body
            case .rows: "\(body.count { $0 == "\n" }) lines, \(body.count { $0 == "," }) commas"
            case .figures:
                body.matches(of: /"group":\[[^\]]*\]|"name":"[^"]*"|"(exports|imports|difference)":|"epsilon":[0-9.]+/)
                    .map { String($0.0) }.joined(separator: ", ")
            }
        return ([head.first ?? ""] + headers.sorted() + [told]).joined(separator: "; ")
    }

    /// How many releases the ledgers name that were seen.
    private static func releases(_ seen: [String]) -> Int {
        seen.reduce(0) { $0 + $1.components(separatedBy: "\"kind\":\"measurement\"").count - 1 }
    }

    /// What tells each world from the first in every one of three comparisons: on a busy machine a fit may end a rung later on the
    /// public ladder, whatever the tables. (`FitTimeTests` has the law of times.)
    private func differences(_ game: NeighbourGame) async throws -> [String] {
        var first = try await sight(game, 0)
        var differences: [String] = []
        for world in game.worlds.indices.dropFirst() {
            var found = compare(first, try await sight(game, world, like: first))
            for _ in 0..<2 where !found.isEmpty {
                first = try await sight(game, 0)
                found = compare(first, try await sight(game, world, like: first))
            }
            differences += found.map { "\(game.worlds[world].name): \($0)" }
        }
        return differences
    }

    /// How many releases an adaptive method makes follows from the figures that it drew: worlds are compared in runs that drew
    /// alike. Where none of so many does, the count of releases tells them apart.
    private func sight(_ game: NeighbourGame, _ world: Int, like first: [String]) async throws -> [String] {
        var seen = try await sight(game, world)
        for _ in 0..<30 where game.isAdaptive && Self.releases(seen) != Self.releases(first) {
            seen = try await sight(game, world)
        }
        return seen
    }

    private func compare(_ first: [String], _ other: [String]) -> [String] {
        zip(first, other).filter { $0 != $1 }.map { "\($0) | \($1)" }
            + (first.count == other.count ? [] : ["\(first.count) | \(other.count) sights"])
    }

    @Test("nothing but the model tells neighbouring tables apart", arguments: NeighbourGame.short)
    func blackBox(_ game: NeighbourGame) async throws { try await play(game) }

    @Test(
        "nothing but releases tells neighbouring tables apart, for every join, three parties, queries and sums",
        .enabled(
            if: ProcessInfo.processInfo.environment["ENTREPOT_AUDIT_REPORT"] != nil,
            "takes minutes: the audit runs it"), arguments: NeighbourGame.long)
    func everyJoin(_ game: NeighbourGame) async throws { try await play(game) }

    private func play(_ game: NeighbourGame) async throws {
        let differences = try await differences(game)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        for (place, file) in game.worlds[0].files.enumerated() {
            #expect(game.worlds.allSatisfy { $0.files[place].utf8.count == file.utf8.count })
        }
        let name = game.name.replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || $0 == "-" }
        try AuditReport.write(
            "7-black-box-\(name)",
            """
            ## Black box, \(game.name)

            Runs of the live service: \(game.worlds.map(\.name).joined(separator: "; ")). Compared are every status,
            header, body, count of drawn rows and fields, the metrics, the ledger and every log line at the level info that
            a stranger, parties, consumer and operator see. Commitments are masked, and hashes of what holds them.
            Differences found: \(differences.count).
            """)
    }

    @Test("a fit that refuses an empty join is noticed from outside")
    func emptyJoin() async throws {
        let task = try TestTask.workshop()
        let digest = task.specification.digest.hex
        _ = PlantedServiceBug.refusing.withLock { $0.insert(digest) }
        defer { _ = PlantedServiceBug.refusing.withLock { $0.remove(digest) } }
        let differences = try await self.differences(NeighbourGame.workshop(task))
        #expect(differences.contains { $0.contains("none of them") })
        try Self.note("error message on empty join", .emptyJoinRefused, "the black-box game: statuses differ")
    }

    @Test("a restart that forgets what was drawn is noticed")
    func retry() async throws {
        let task = try TestTask.workshop()
        /// Whether a service that was cut short after its releases takes a table again.
        func takesTables(_ mutation: PlantedServiceBug?) async throws -> Bool {
            let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            try await withService(task, directory: folder) { try await $0.trainByCurl() }
            try HostDisk(of: folder).cut(after: "measurement")
            return try await PlantedServiceBug.$active.withValue(mutation) {
                try await withService(task, directory: folder) { live in
                    try await RawCalls(live, as: "Alice").upload(Cars.alice()).status == 200
                }
            }
        }
        #expect(try await !takesTables(nil))
        #expect(try await takesTables(.releasesForgotten))
        try Self.note(
            "retry after failure without new charge", .releasesForgotten, "a task with releases takes tables again")
    }

    @Test("a model that was fitted for another ε is noticed")
    func anotherModel() async throws {
        let (task, other) = (try TestTask.workshop(), try TestTask.workshop(method: "mst"))
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withService(task, directory: folder) { try await $0.trainByCurl() }
        for party in ["Alice", "Bob"] {
            try FileManager.default.removeItem(at: folder.appending(path: "state/\(party).sig"))
        }
        func isRefused(_ mutation: PlantedServiceBug?) async throws -> Bool {
            do {
                return try await PlantedServiceBug.$active.withValue(mutation) {
                    try await withService(other, directory: folder) { live in
                        try await RawCalls(live, as: "Alice")("/samples?num_samples=2").status != 200
                    }
                }
            } catch is ServiceError { return true }
        }
        #expect(try await isRefused(nil))
        #expect(try await !isRefused(.othersModelServed))
        try Self.note(
            "cached model served for a different ε", .othersModelServed, "rows of another task's model are served")
    }

    private static func note(_ title: String, _ mutation: PlantedServiceBug, _ how: String) throws {
        try AuditReport.write(
            "6-planted-b-service-\(mutation.rawValue)", "| service | \(title) | `\(mutation.rawValue)` | \(how) |")
    }
}

/// What of a ledger may differ between neighbouring tables: commitments to files, which are random; hashes of noise that the
/// kernel paid for; and hashes of entries, which are computed here from the entries themselves and so say nothing more.
private struct LedgerMask {
    private var names: [String: String] = [:]

    init(_ ledger: String) throws {
        guard let start = ledger.range(of: "\"entries\":["), let end = ledger.range(of: "]}", options: .backwards)
        else {
            throw CocoaError(.coderInvalidValue)
        }
        // In the canonical bytes of an entry a quote inside a text is escaped, so this stands between entries alone.
        let between = "},{\""
        let parts = ledger[start.upperBound..<end.lowerBound].components(separatedBy: between)
        for (index, part) in parts.enumerated() {
            let line = (index > 0 ? "{\"" : "") + part + (index < parts.count - 1 ? "}" : "")
            names[LedgerHash(of: Array(line.utf8)).hex] = "entry \(index + 1)"
            let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            for (name, value) in entry?["details"] as? [String: String] ?? [:] {
                switch name {
                case "commitment": names[value] = "a commitment"
                case _ where name.hasPrefix("upload."): names[value] = "a commitment"
                case "transcript", "model_sha256": names[value] = "drawn"
                default: break
                }
            }
        }
    }

    func applied(to text: String) -> String {
        names.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }
}

/// Keeps every log line without its time.
private final class LogSight: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("log \(event.level): \(event.message) \(event.metadata?.count ?? 0)") }
    }
}
