import Bytes
internal import Foundation

/// A consumer's signed request for one query: the content of `NAME.request`.
///
/// Signed is `"ENTREPOT-REQUEST1\0"` followed by the 32 bytes of the request's digest, which is the SHA-256 of query, task, party and
/// moment in canonical JSON.
public struct QueryRequest: Sendable, Equatable {
    /// What is asked, with its price.
    public let query: TaskSpecification.PermittedQuery
    /// Of which task.
    public let task: TaskDigest
    /// Who asks.
    public let party: String
    /// When it was signed, by the clock of who asks: the same query asked again is another request, with a price of its own.
    public let moment: UTCInstant
    private let signature: KeySignature

    /// The most bytes of its file.
    public static let byteLimit = 65_536

    /// SHA-256 of what is asked: what the providers approve, and what their ledgers know it by.
    public var digest: TaskDigest { Self.digest(query, task, party, moment) }

    private static func body(
        _ query: TaskSpecification.PermittedQuery, _ task: TaskDigest, _ party: String, _ moment: UTCInstant
    ) -> [String: JSONValue] {
        [
            "moment": .text(moment.description), "party": .text(party), "query": query.json, "task": .text(task.hex),
        ]
    }

    private static func digest(
        _ query: TaskSpecification.PermittedQuery, _ task: TaskDigest, _ party: String, _ moment: UTCInstant
    ) -> TaskDigest {
        TaskDigest(hashing: JSONValue.object(body(query, task, party, moment)).canonicalBytes)
    }

    private static func message(_ digest: TaskDigest) -> [UInt8] {
        Array("ENTREPOT-REQUEST1\0".utf8) + digest.bytes
    }

    /// Signs a request in the name of the party that holds the key.
    ///
    /// - Parameters:
    ///   - query: as ``QueryFile`` read it for this task.
    ///   - moment: now.
    /// - Throws: ``RequestError`` for a key of no consumer.
    public init(
        _ query: TaskSpecification.PermittedQuery, of task: TaskSpecification, at moment: UTCInstant,
        with key: PartyPrivateKey
    ) throws {
        guard let party = task.party(holding: key.publicKey) else {
            throw RequestError.keyOfNobody(key.publicKey.fingerprint)
        }
        guard party.role == .consumer else {
            throw RequestError.mayNotAsk(party: party.name, role: party.role.rawValue)
        }
        self.query = query
        self.task = task.digest
        self.party = party.name
        self.moment = moment
        signature = try KeySignature(
            of: Self.message(Self.digest(query, task.digest, party.name, moment)), with: key)
    }
}

extension QueryRequest {
    /// The content of its file: canonical JSON and a line break.
    public var fileBytes: [UInt8] {
        JSONValue.object(Self.body(query, task, party, moment).merging(signature.json) { first, _ in first })
            .canonicalBytes + [UInt8(ascii: "\n")]
    }

    /// Reads a file, and checks everything in it against the task: who signed, whether it may ask, and what.
    ///
    /// - Throws: ``RequestError`` that says what is wrong.
    public init(fileBytes: [UInt8], of specification: TaskSpecification) throws(RequestError) {
        guard let members = SignedForm.members(of: fileBytes, limit: Self.byteLimit),
            Set(members.keys) == KeySignature.members.union(["moment", "party", "query", "task"]),
            case .text(let party)? = members["party"], case .text(let hex)? = members["task"],
            let task = TaskDigest(hex: hex), case .text(let time)? = members["moment"], let moment = UTCInstant(time),
            let query = members["query"], let signature = KeySignature(members)
        else { throw .unreadable("request of `entrepot request sign`") }
        guard task == specification.digest else {
            throw .ofAnotherTask(what: "The request of \(ShownText.line(party))", task: task.hex)
        }
        guard let asking = specification.party(named: party) else { throw .strangerAsks(ShownText.line(party)) }
        guard asking.role == .consumer else { throw .mayNotAsk(party: party, role: asking.role.rawValue) }
        let file = QueryFile(yaml: String(decoding: query.canonicalBytes, as: UTF8.self), for: specification)
        guard let query = file.query else {
            throw .query(party: party, problems: TaskProblems(file.problems.map(\.withoutLine)))
        }
        self.query = query
        self.task = task
        self.party = party
        self.moment = moment
        self.signature = signature
        let digest = Self.digest(query, task, party, moment)
        guard signature.isValid(of: Self.message(digest), by: asking.publicKey) else {
            throw .signatureInvalid(what: "request", party: party)
        }
        guard fileBytes == self.fileBytes else { throw .unreadable("request as `entrepot request sign` writes it") }
    }
}

/// A small JSON object with a signature in it.
enum SignedForm {
    /// Its members; nil for anything else, and for one that is too long or has a member twice.
    static func members(of bytes: [UInt8], limit: Int) -> [String: JSONValue]? {
        guard bytes.count <= limit, JSONForm.fault(of: bytes) == nil,
            case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        else { return nil }
        return members
    }
}

extension TaskProblem {
    /// The same of a text that nobody wrote in lines.
    fileprivate var withoutLine: TaskProblem {
        var problem = self
        problem.line = nil
        return problem
    }
}
