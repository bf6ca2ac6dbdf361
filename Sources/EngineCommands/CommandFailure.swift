package import ArgumentParser
import Domains
import Drafting
import FittedModels
import Foundation
import PrivacyKernel
import Queries
import Shards
import Spark
import Synthesizers
import Tables
import Tasks

/// An error that knows the exit code of its kind.
package protocol ErrorWithExitCode: Error {
    var exitCode: Int32 { get }
}

/// Why a command stops: a sentence for the person at the terminal, and an exit code for scripts.
package struct CommandFailure: Error {
    package let message: String
    package let code: ExitCode

    package init(_ message: String, code: ExitCode = .failed) {
        self.message = message
        self.code = code
    }

    /// Runs a command; what goes wrong is said once on stderr and becomes the exit code of its kind.
    package static func reported<Result>(_ command: () async throws -> Result) async throws -> Result {
        do {
            return try await command()
        } catch let error as ExitCode {
            throw error
        } catch {
            let failure = CommandFailure(describing: error)
            Console.say("entrepot: \(failure.message)")
            throw failure.code
        }
    }

    private init(describing error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as any ErrorWithExitCode: self.init("\(error)", code: ExitCode(error.exitCode))
        case let error as TableProblems: self.init("\(error)", code: .badData)
        case let error as SparkError: self.init("\(error)", code: .badData)
        case let error as ShardError: self.init("\(error)", code: error.isOfRows ? .badData : .failed)
        case let error as SchemaProblems: self.init("\(error)", code: .badData)
        case let error as RuleProblems: self.init("\(error)", code: .badData)
        case let error as TaskProblems: self.init("\(error)", code: .badData)
        case TaskError.unusableDraft(let why): self.init(why, code: .badData)
        case let error as LocalTableFile.Refusal: self.init("\(error)", code: .badData)
        case let error as TaskError: self.init("\(error)", code: .identity)
        case let error as RequestError: self.init("\(error)", code: error.isOfForm ? .badData : .identity)
        case let error as SynthesisError: self.init("\(error)", code: .badData)
        case let error as PrivacyError: self.init("\(error)", code: .badData)
        case let error as QueryRefusal: self.init("\(error)", code: .badData)
        case let error as DecodingError: self.init("\(Self.words(error))", code: .badData)
        default: self.init("\(error)")
        }
    }

    /// Where in a JSON file the mistake stands.
    private static func words(_ error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
            .dataCorrupted(let found):
            context = found
        @unknown default: return "\(error)"
        }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    }
}
