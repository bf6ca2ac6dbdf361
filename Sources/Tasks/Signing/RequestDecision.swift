import Bytes

/// What one provider signed of a request: that its price may be paid, or why not. The content of `NAME.<party>.decision`.
///
/// Signed is `"ENTREPOT-DECISION1\0"` followed by the canonical JSON of decision, party, reason, request and task.
public struct RequestDecision: Sendable, Equatable {
    /// What the provider decided.
    public enum Word: String, Sendable {
        case approved, refused
    }

    /// Who decided.
    public let party: String
    public let word: Word
    /// Why it refused, on one line; empty where it did not.
    public let reason: String
    /// The request's digest.
    public let request: TaskDigest
    private let task: TaskDigest
    private let signature: KeySignature

    /// The most bytes of its file.
    public static let byteLimit = 16_384
    /// Characters of a reason.
    public static let longestReason = 200

    private static func body(
        _ word: Word, _ party: String, _ reason: String, _ request: TaskDigest, _ task: TaskDigest
    ) -> [String: JSONValue] {
        [
            "decision": .text(word.rawValue), "party": .text(party), "reason": .text(reason),
            "request": .text(request.hex), "task": .text(task.hex),
        ]
    }

    private static func message(_ body: [String: JSONValue]) -> [UInt8] {
        Array("ENTREPOT-DECISION1\0".utf8) + JSONValue.object(body).canonicalBytes
    }

    /// Decides in the name of the provider that holds the key.
    ///
    /// - Parameter refusal: why not; nil to approve.
    /// - Throws: ``RequestError`` for a key of no provider.
    public init(
        _ request: QueryRequest, of task: TaskSpecification, refusal: String? = nil, with key: PartyPrivateKey
    ) throws {
        guard let party = task.party(holding: key.publicKey) else {
            throw RequestError.keyOfNobody(key.publicKey.fingerprint)
        }
        guard party.role == .provider else {
            throw RequestError.mayNotDecide(party: party.name, role: party.role.rawValue)
        }
        self.party = party.name
        word = refusal == nil ? .approved : .refused
        reason = Self.shown(refusal ?? "")
        self.request = request.digest
        self.task = task.digest
        signature = try KeySignature(
            of: Self.message(Self.body(word, party.name, reason, request.digest, task.digest)), with: key)
    }

    /// Cut as it is written out: what makes a character visible is longer than the character.
    private static func shown(_ reason: String) -> String {
        String(ShownText.line(String(reason.prefix(longestReason))).prefix(longestReason))
    }

    /// The content of its file: canonical JSON and a line break.
    public var fileBytes: [UInt8] {
        JSONValue.object(Self.body(word, party, reason, request, task).merging(signature.json) { first, _ in first })
            .canonicalBytes + [UInt8(ascii: "\n")]
    }

    /// Reads a file, and checks that a provider of the task signed it, of this very request.
    ///
    /// - Parameter file: how messages name the file.
    /// - Throws: ``RequestError`` that says what is wrong.
    public init(
        fileBytes: [UInt8], file: String, of asked: QueryRequest, of specification: TaskSpecification
    ) throws(RequestError) {
        guard let members = SignedForm.members(of: fileBytes, limit: Self.byteLimit),
            Set(members.keys) == KeySignature.members.union(["decision", "party", "reason", "request", "task"]),
            case .text(let text)? = members["decision"], let word = Word(rawValue: text),
            case .text(let party)? = members["party"], case .text(let reason)? = members["reason"],
            reason == Self.shown(reason),
            case .text(let requestHex)? = members["request"], let request = TaskDigest(hex: requestHex),
            case .text(let taskHex)? = members["task"], let task = TaskDigest(hex: taskHex),
            let signature = KeySignature(members)
        else { throw .unreadable("decision of `entrepot request approve` or `refuse` (\(file))") }
        guard task == specification.digest else {
            throw .ofAnotherTask(what: "The decision of \(ShownText.line(party))", task: task.hex)
        }
        guard request == asked.digest else {
            throw .ofAnotherRequest(party: ShownText.line(party), decided: request.hex, asked: asked.digest.hex)
        }
        guard let provider = specification.providers.first(where: { $0.name == party }) else {
            throw .mayNotDecide(
                party: ShownText.line(party), role: specification.party(named: party)?.role.rawValue ?? "no party")
        }
        guard signature.isValid(of: Self.message(Self.body(word, party, reason, request, task)), by: provider.publicKey)
        else { throw .signatureInvalid(what: "decision", party: party) }
        self.party = party
        self.word = word
        self.reason = reason
        self.request = request
        self.task = task
        self.signature = signature
    }
}

extension [RequestDecision] {
    /// That every provider of the task approved.
    ///
    /// - Throws: ``RequestError`` that names who refused and why, or who has not decided.
    public func requireAll(of task: TaskSpecification) throws(RequestError) {
        if let refusal = first(where: { $0.word == .refused }) {
            throw .refused(by: refusal.party, reason: refusal.reason)
        }
        let missing = task.providers.map(\.name).filter { name in !contains { $0.party == name } }
        guard missing.isEmpty else { throw .notDecided(missing) }
    }
}
