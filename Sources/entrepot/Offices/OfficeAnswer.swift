import Bytes
import Client
import Crypto
import Foundation
import Queries
import SecretSharing
import Tasks

/// `answer.json`: the answer of a request as one office signed it, for who asked.
///
/// The signed ends of all offices show that all opened the same figures for this very request; that the answer was made of them is the
/// word of the office whose file it is. Any other office's file has the same answer.
struct OfficeAnswer: Codable, Sendable, Equatable {
    /// The figures, with their intervals.
    var answer: QueryAnswer
    /// The request's digest, hexadecimal.
    var request: String
    /// SHA-256 of the task that set ε aside for requests, hexadecimal.
    var task: String
    /// Whose file it is.
    var office: String
    /// SHA-256 of the file with the figures as they opened (`task.model` beside it), hexadecimal.
    var result: String
    /// The signed ends, the office's own first.
    var closings: [SumClosing]
    /// The office's, by its key of the task, over `statement`.
    var signature = Data()

    private static let members: Set = ["answer", "request", "task", "office", "result", "closings", "signature"]

    init(
        _ answer: QueryAnswer, to request: QueryRequest, of task: TaskSpecification, office: String,
        closings: [SumClosing], result: String, key: PartyPrivateKey
    ) throws {
        self.answer = answer
        self.request = request.digest.hex
        self.task = task.digest.hex
        self.office = office
        self.result = result
        self.closings = closings
        signature = Data(try key.signature(ofStatement: try statement()))
    }

    /// What is signed.
    private func statement() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let digest = Hex.encode(Array(SHA256.hash(data: try encoder.encode(answer))))
        return Array("ENTREPOT-ANSWER1\0\(task)\0\(request)\0\(office)\0\(result)\0\(digest)".utf8)
    }

    /// Whether bytes look like such an answer, be it one that lacks a member.
    static func isAnswer(_ bytes: [UInt8]) -> Bool {
        let names: Set = ["answer", "request", "office", "closings"]
        return SignedFile.resembles(bytes, members: names, atLeast: 3)
    }

    /// Reads a file.
    static func read(_ bytes: [UInt8]) throws(ReceiptError) -> OfficeAnswer {
        try SignedFile.read(OfficeAnswer.self, from: bytes, members: members)
    }

    /// The bytes of its file.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return Array(try encoder.encode(self))
    }

    /// What is wrong with it, as the answer of a request to a task; empty where nothing is.
    func problems(task specification: TaskSpecification, request asked: QueryRequest) throws -> [String] {
        guard task == specification.digest.hex else {
            return ["it is of task \(ShownText.line(String(task.prefix(64)))), not of \(specification.digest.hex)"]
        }
        guard request == asked.digest.hex else {
            return ["it answers request \(ShownText.line(String(request.prefix(64)))), not \(asked.digest.hex)"]
        }
        var problems = OfficeReceipt.problems(
            of: closings, office: office, task: specification.asking(asked))
        let party = specification.offices.first { $0.name == office }
        if try party?.publicKey.isValid(Array(signature), ofStatement: statement()) != true {
            problems.append("it is not signed with the key that the task lists for \(ShownText.line(office))")
        }
        let query = asked.query
        if !OfficeReceipt.isDigest(result) { problems.append("what it gives for the result is no SHA-256") }
        if answer.name != query.name || answer.kind != query.kind.rawValue || answer.epsilon != query.epsilon {
            problems.append("its answer is to another query than the request's")
        }
        return problems
    }
}
