import Foundation
import NIOCore
import NIOHTTP1
import Tasks

/// Calls that send no data. Bodies are the service's JSON, unchanged.
extension VerifiedConnection {
    /// `GET /details`.
    public func details() async throws -> [UInt8] { try await get("/details") }

    /// `GET /formats`.
    public func formats() async throws -> [UInt8] { try await get("/formats") }

    /// `GET /columns`: declared domains of a party, `mine`, `theirs` or a name.
    public func columns(party: String) async throws -> [UInt8] {
        try await get("/columns?party=\(VerifiedConnection.escaped(party))")
    }

    /// `GET /ledger`.
    public func ledger() async throws -> [UInt8] { try await get("/ledger") }

    /// `GET /ledger/total`.
    public func ledgerTotal() async throws -> [UInt8] { try await get("/ledger/total") }

    /// Where the task stands.
    public func status() async throws -> TaskStatus {
        let body = try await get("/model_status?verbose=1")
        do {
            return try JSONDecoder().decode(TaskStatus.self, from: Data(body))
        } catch {
            throw ClientError.brokenConnection("the status of the service cannot be read")
        }
    }

    /// Polls until the model is trained or never will be.
    ///
    /// - Parameters:
    ///   - limit: how long to wait, in seconds.
    ///   - progress: called with the status after each request.
    public func waitForModel(
        upTo limit: Double = 3600, progress: (TaskStatus) -> Void = { _ in }
    ) async throws -> TaskStatus {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(limit))
        while true {
            let status = try await status()
            progress(status)
            if !status.isWaiting { return status }
            guard clock.now < end else { throw ClientError.timedOut }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// `POST /spec/signatures`: hands in the content of a signature file.
    public func sign(_ signatureFile: [UInt8]) async throws -> [UInt8] {
        try await post("/spec/signatures", signatureFile, type: "application/json")
    }

    /// `POST /halt`: stops the task before anything is released.
    public func halt() async throws -> [UInt8] { try await post("/halt", [], type: "application/json") }

    /// `DELETE /data`: takes one's own table back before the fit.
    public func withdraw() async throws -> [UInt8] {
        let head = try await http.send(.DELETE, "/data")
        let body = try await finish(head)
        try takeBackConfirmation()
        return body
    }

    /// `POST /confirm_data`: agrees that the fit may use the table with this digest.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the file in hexadecimal, as the upload returned it.
    ///   - commitment: the commitment to the file, as its receipt holds it. Without either, what is held is confirmed.
    public func confirm(digest: String? = nil, commitment: String? = nil) async throws -> [UInt8] {
        var members = ["\"spec_hash\":\"\(taskDigest.hex)\"", "\"boot\":\"\(bootID)\""]
        if let digest { members.append("\"file_sha256\":\"\(digest)\"") }
        if let commitment { members.append("\"commitment\":\"\(commitment)\"") }
        let before = try prepareConfirmation()
        do {
            return try await post(
                "/confirm_data", Array("{\(members.joined(separator: ","))}".utf8), type: "application/json")
        } catch ClientError.service(let problem) {
            try takeBackConfirmation(before: before)
            throw ClientError.service(problem)
        }
    }

    func get(_ path: String) async throws -> [UInt8] {
        try admitFigures(path)
        return try await finish(try await http.send(.GET, path))
    }

    private func post(_ path: String, _ body: [UInt8], type: String) async throws -> [UInt8] {
        try await finish(try await http.send(.POST, path, headers: ["Content-Type": type], body: body))
    }

    /// The body of a successful answer; what it says about the ledger is compared and remembered.
    ///
    /// - Parameter limit: bytes of a body that is taken; nil for that of answers in JSON.
    func finish(_ head: HTTPConnection.Head, upTo limit: Int? = nil) async throws -> [UInt8] {
        let body = if let limit { try await http.readBody(upTo: limit) } else { try await http.readBody() }
        guard (200..<300).contains(head.status) else { throw ClientError.service(ServiceProblem(head.status, body)) }
        try observe(head.headers)
        try remember()
        try await keepReceipts()
        return body
    }

    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}

/// Where a task stands, as `GET /model_status?verbose=1` tells it.
public struct TaskStatus: Sendable, Equatable, Codable {
    /// `unsigned`, `collecting`, `training`, `trained`, `closed`, `failed`, `halted` or `expired`.
    public var stage: String
    /// Seconds since 1970 at which the stage began.
    public var since: Int64?
    /// Why a task ended without a model; nil in other stages.
    public var reason: String?
    /// How far each provider has got, by name; nil if the service does not report it.
    public var parties: [String: Standing]?

    /// What a provider has done.
    public struct Standing: Sendable, Equatable, Codable {
        /// Whether its signature was accepted.
        public var signed: Bool
        /// Whether the service holds its table, or has fitted it.
        public var uploaded: Bool
        /// Whether it agreed that the fit may use its table.
        public var confirmed: Bool

        /// What one provider has done.
        public init(signed: Bool, uploaded: Bool, confirmed: Bool) {
            self.signed = signed
            self.uploaded = uploaded
            self.confirmed = confirmed
        }
    }

    /// Whether the model may still come.
    public var isWaiting: Bool { ["unsigned", "collecting", "training"].contains(stage) }
    /// Whether the model is there.
    public var isTrained: Bool { stage == "trained" }

    /// The stage, and what it waits for.
    public var phase: String {
        let standings = (parties ?? [:]).sorted { $0.key < $1.key }
        func missing(_ what: KeyPath<Standing, Bool>) -> String {
            standings.filter { !$0.value[keyPath: what] }.map(\.key).joined(separator: ", ")
        }
        switch stage {
        case "unsigned" where !standings.isEmpty: return "unsigned, waits for the signature of \(missing(\.signed))"
        case "collecting" where standings.contains(where: { !$0.value.uploaded }):
            return "collecting, waits for the table of \(missing(\.uploaded))"
        case "collecting" where !standings.isEmpty: return "collecting, waits for \(missing(\.confirmed)) to confirm"
        case "training": return "training, the model is being fitted"
        default: return reason.map { "\(stage). \($0)" } ?? stage
        }
    }
}
