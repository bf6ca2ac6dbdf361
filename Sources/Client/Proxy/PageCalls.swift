import Bytes
import Domains
import Drafting
import Foundation
import Gzip
import Ledger
import NIOCore
import NIOHTTP1
import Synchronization
import Tables
import Tasks

/// Answers the calls of the proxy's own page: some on this machine only, the others over a verified connection.
struct PageCalls: Sendable {
    /// The client's configuration, from now on for this task only.
    let configuration: ClientConfiguration
    /// What the page must show with everything that changes something; drawn afresh for each proxy.
    let token: String
    private let page: LocalAnswer
    private let specification: TaskSpecification
    private let party: TaskSpecification.Party?
    private let words: String
    private let receiptsDirectory: String
    /// Whether the user named the task, rather than taking the one in the evidence.
    private let isTaskApproved: Bool

    init(_ connection: VerifiedConnection, page: LocalPage) throws {
        isTaskApproved = connection.configuration.task != nil
        var configuration = connection.configuration
        configuration.task = connection.taskDigest
        self.configuration = configuration
        specification = connection.specification
        party = connection.party
        words = try page.words(connection.specification)
        receiptsDirectory = connection.receiptsDirectory
        var generator = SystemRandomNumberGenerator()
        token = Hex.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
        self.page = page.answer(token: token)
    }

    /// The page's call that a request is; nil for what the service answers.
    func call(_ head: HTTPRequestHead) -> LocalCall? { LocalCall(head.method, head.uri) }

    // MARK: - On this machine only

    func answer(_ call: LocalCall, _ head: HTTPRequestHead, from caller: LocalCaller) async throws {
        try await caller.inviteBody(of: head)
        switch call {
        case .toPage:
            try await caller.answer(
                LocalAnswer(.seeOther, type: "text/plain", body: [], headers: ["Location": LocalCall.root]))
        case .page: try await caller.answer(page)
        case .task:
            // The very bytes whose digest is signed; the connection proved them.
            try await caller.answer(LocalAnswer(type: "application/json", body: specification.canonicalBytes))
        case .check: try await caller.answer(try await check(caller))
        case .prepare: try await caller.answer(try await prepare(caller))
        case .receipt(let name): try await caller.answer(receipt(name))
        default:
            try await caller.answer(
                .problem(
                    .notFound, code: "not_found", detail: "The proxy has nothing at this address.",
                    hint: "The page is at \(LocalCall.root), its card at \(LocalCall.root)card."))
        }
    }

    /// What the validator says about a file.
    private struct Verdict: Encodable {
        struct Kind: Encodable {
            let code: String
            let count: Int
        }

        var accepted: Bool
        var sha256: String?
        var rows: Int?
        var problems: [TableProblem] = []
        var kinds: [Kind] = []
        /// What the owner may not have meant.
        var warnings: [String] = []
        /// Why the file could not be read at all.
        var detail: String?
    }

    /// Runs the validator on a file as it comes; nothing is sent and nothing kept.
    private func check(_ caller: LocalCaller) async throws -> LocalAnswer {
        guard let table = party?.table else {
            return .problem(
                .forbidden, code: "role", detail: "Your party brings no table.",
                hint: "Only providers check and upload.")
        }
        do {
            let reader = try TableFileReader(table, of: specification)
            while let piece = try await caller.nextPiece() {
                // Proof: the bytes are read within the call that lends them.
                try piece.withUnsafeReadableBytes { try reader.consume($0) }
            }
            let (checked, sha256) = try reader.finish()
            return try .json(
                Verdict(
                    accepted: true, sha256: Hex.encode(sha256), rows: checked.rowCount,
                    warnings: reader.warnings.map(\.text)))
        } catch let problems as TableProblems {
            let kinds = problems.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            return try .json(
                Verdict(
                    accepted: false, problems: problems.problems,
                    kinds: kinds.map { Verdict.Kind(code: $0.key, count: $0.value) }))
        } catch let error as GzipError {
            return try .json(Verdict(accepted: false, detail: "The gzip file cannot be unpacked: \(error)"))
        }
    }

    /// What `prepare` made of a file.
    private struct Prepared: Encodable {
        var rows: Int
        var notes: [String]
        var changes: [TablePreparation.Change]
        /// The prepared file; empty if the service would refuse it, for the reasons named.
        var text: String
        var problems: [TableProblem]
    }

    /// The largest file that the page prepares; larger ones are for the command line, which holds none in memory.
    private static let largestPrepared = 256 << 20

    /// Makes of a file one that the validator takes; nothing is sent and nothing kept.
    private func prepare(_ caller: LocalCaller) async throws -> LocalAnswer {
        guard let table = party?.table else {
            return .problem(
                .forbidden, code: "role", detail: "Your party brings no table.",
                hint: "Only providers check and upload.")
        }
        var bytes: [UInt8] = []
        while let piece = try await caller.nextPiece() {
            guard bytes.count + piece.readableBytes <= Self.largestPrepared else {
                while try await caller.nextPiece() != nil {}
                return .problem(
                    .badRequest, code: "too_large", detail: "The page prepares files of at most 256 MB.",
                    hint: "Run `entrepot prepare` on this machine.")
            }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        let output = Mutex<[UInt8]>([])
        do {
            let outcome = try TablePreparation(for: table, of: specification)
                .prepare(LocalTableFile(bytes: bytes, name: "The file")) { piece in output.withLock { $0 += piece } }
            let isTaken = outcome.problems == nil
            return try .json(
                Prepared(
                    rows: outcome.rows, notes: outcome.notes, changes: outcome.changes,
                    text: isTaken ? String(decoding: output.withLock { $0 }, as: UTF8.self) : "",
                    problems: outcome.problems?.problems ?? []))
        } catch let refusal as LocalTableFile.Refusal {
            return try .json(
                Prepared(rows: 0, notes: [], changes: [], text: "", problems: refusal.problems.problems))
        }
    }

    /// A receipt's file.
    private func receipt(_ name: String) -> LocalAnswer {
        guard receiptNames.contains(name),
            let file = FileManager.default.contents(atPath: "\(receiptsDirectory)/\(name)")
        else {
            return .problem(.notFound, code: "not_found", detail: "There is no such receipt.")
        }
        return LocalAnswer(
            type: "application/json", body: Array(file),
            headers: ["Content-Disposition": "attachment; filename=\"\(name)\""])
    }

    private static let inNames = Set("abcdefghijklmnopqrstuvwxyz0123456789-.")

    private var receiptNames: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: receiptsDirectory)) ?? []
        return names.filter { $0.hasSuffix(".json") && $0.allSatisfy(Self.inNames.contains) }.sorted()
    }

    // MARK: - Over the verified connection

    /// - Returns: whether the upstream connection is still good for other calls.
    func answer(
        _ call: LocalCall, _ head: HTTPRequestHead, from caller: LocalCaller, over upstream: VerifiedConnection
    ) async throws -> Bool {
        try await caller.inviteBody(of: head)
        do {
            try await caller.answer(try await result(of: call, head, caller, upstream))
            return true
        } catch ClientError.brokenConnection where call == .state {
            throw LocalProxy.UnansweredCall.lost
        } catch let error as ClientError {
            guard case .service = error else { throw error }
            try await caller.answer(.problem(error))
            // A service that refuses a body may not read its rest.
            return call != .upload
        }
    }

    private func result(
        of call: LocalCall, _ head: HTTPRequestHead, _ caller: LocalCaller, _ upstream: VerifiedConnection
    ) async throws -> LocalAnswer {
        switch call {
        case .card: return LocalAnswer(type: "application/json", body: ConnectionCard(upstream).json())
        case .state: return try .json(try await state(upstream))
        case .sign: return try await sign(try await caller.body(), upstream)
        case .upload: return try await upload(head, caller, upstream)
        case .confirm:
            struct Wish: Decodable { let digest, commitment: String? }
            guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(try await caller.body())),
                wish.digest != nil || wish.commitment != nil
            else {
                return .problem(.badRequest, code: "digest_missing", detail: "A confirmation names the table's digest.")
            }
            return LocalAnswer(
                type: "application/json",
                body: try await upstream.confirm(digest: wish.digest, commitment: wish.commitment))
        case .withdraw: return LocalAnswer(type: "application/json", body: try await upstream.withdraw())
        case .halt: return LocalAnswer(type: "application/json", body: try await upstream.halt())
        default: return .problem(.notFound, code: "not_found", detail: "The proxy has nothing at this address.")
        }
    }

    /// Signs the task with the party's key if the page names the digest that the connection proved.
    private func sign(_ body: [UInt8], _ upstream: VerifiedConnection) async throws -> LocalAnswer {
        struct Wish: Decodable { let task: String }
        guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(body)), wish.task == upstream.taskDigest.hex
        else {
            return .problem(
                .conflict, code: "hash_mismatch",
                detail: "What was to be signed is not the task that this service runs.",
                hint: "Nothing was signed. Reload the page and read the task again.")
        }
        guard let key = configuration.key, let party, party.role == .provider else {
            return .problem(.forbidden, code: "role", detail: "Only providers sign the task.")
        }
        let signature = try TaskSignature.sign(upstream.taskDigest, as: party.name, with: key)
        return LocalAnswer(type: "application/json", body: try await upstream.sign(signature.fileBytes))
    }

    private func upload(
        _ head: HTTPRequestHead, _ caller: LocalCaller, _ upstream: VerifiedConnection
    ) async throws -> LocalAnswer {
        guard let size = head.headers.first(name: "Content-Length").flatMap({ Int($0) }) else {
            return .problem(.lengthRequired, code: "length", detail: "The size of the file is missing.")
        }
        let isAnew = head.headers.first(name: "Entrepot-Anew") == "1"
        do {
            return try .json(try await upstream.upload(size: size, isAnew: isAnew) { try await caller.nextPiece() })
        } catch is VerifiedConnection.AnotherFile {
            try await caller.skipBody()
            return .problem(
                .conflict, code: "another_file", detail: "The service has the beginning of another file.",
                hint: "Send this one from its first byte.")
        }
    }

    private func state(_ upstream: VerifiedConnection) async throws -> PageState {
        let status = try await upstream.status()
        let receipts = receiptNames.compactMap { name -> (file: String, receipt: Receipt)? in
            guard let bytes = FileManager.default.contents(atPath: "\(receiptsDirectory)/\(name)"),
                let receipt = try? Receipt(json: Array(bytes))
            else { return nil }
            return (name, receipt)
        }
        let stage = status.stage
        let isOver = !["unsigned", "collecting"].contains(stage)
        let conflict = upstream.standingConflict(isOver: isOver).map { conflict in
            (conflict: conflict, isOverruled: !isOver && configuration.measureAgain)
        }
        return PageState(
            specification, words: words, party: party, status: status,
            checks: ConnectionCard(upstream).checks(isTaskApproved: isTaskApproved), receipts: receipts,
            opening: { upstream.opening(of: $0) }, conflict: conflict)
    }
}
