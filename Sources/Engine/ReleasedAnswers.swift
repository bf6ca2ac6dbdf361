public import Domains
public import FittedModels
import Foundation
public import PrivacyKernel

/// What a task without a model releases: the kernel's answers to its queries. Nothing can be drawn from it.
public struct ReleasedAnswers: Sendable {
    /// The domain of the joined table.
    public let domain: TableDomain
    /// Every release of the kernel.
    public let transcript: Transcript
    /// SHA-256 of the task, in hexadecimal.
    public var taskDigest: String?
    /// Who counted, where it was not the process that added the noise.
    public var countedBy: String?

    /// - Parameters:
    ///   - transcript: the kernel's answers to the task's queries.
    ///   - taskDigest: SHA-256 of the task, in hexadecimal.
    ///   - countedBy: who counted, where it was not the process that added the noise.
    public init(
        domain: TableDomain, transcript: Transcript, taskDigest: String? = nil, countedBy: String? = nil
    ) {
        self.countedBy = countedBy
        self.domain = domain
        self.transcript = transcript
        self.taskDigest = taskDigest
    }
}

/// The file: `{"entrepot-answers":1,"sha256":"…","body":{…}}`.
extension ReleasedAnswers {
    private struct Body: Codable {
        var domain: TableDomain
        var transcript: Transcript
        var taskDigest: String?
        var countedBy: String?
    }

    /// Whether bytes look like such a file.
    public static func isFile(_ bytes: [UInt8]) -> Bool { SealedFile.answers.begins(bytes) }

    /// The bytes of the file: JSON, with the SHA-256 of its body in front.
    ///
    /// - Throws: what `JSONEncoder` throws: for a number that is not finite.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Body(domain: domain, transcript: transcript, taskDigest: taskDigest, countedBy: countedBy)
        return SealedFile.answers.sealed([UInt8](try encoder.encode(body)))
    }

    /// Reads a file that `encoded()` wrote.
    ///
    /// - Throws: `SynthesisError.malformedModel` if its digest or its JSON is not right.
    public init(encoded bytes: [UInt8]) throws(SynthesisError) {
        let body = try SealedFile.answers.body(of: bytes)
        do {
            let decoded = try JSONDecoder().decode(Body.self, from: Data(body))
            self.init(
                domain: decoded.domain, transcript: decoded.transcript, taskDigest: decoded.taskDigest,
                countedBy: decoded.countedBy)
        } catch {
            throw .malformedModel("its JSON lacks something or has a wrong type")
        }
    }
}
