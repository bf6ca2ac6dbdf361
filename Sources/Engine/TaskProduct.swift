public import Domains
public import FittedModels
public import PrivacyKernel

/// What a finished task offers.
public enum TaskProduct: Sendable {
    case model(FittedModel)
    /// Only the answers of the permitted queries: the task agreed on no model.
    case answers(ReleasedAnswers)

    /// Every release of the kernel.
    public var transcript: Transcript {
        switch self {
        case .model(let model): model.transcript
        case .answers(let answers): answers.transcript
        }
    }

    /// The domain of the joined table.
    public var domain: TableDomain {
        switch self {
        case .model(let model): model.domain
        case .answers(let answers): answers.domain
        }
    }

    /// SHA-256 of the task, in hexadecimal.
    public var taskDigest: String? {
        get {
            switch self {
            case .model(let model): model.taskDigest
            case .answers(let answers): answers.taskDigest
            }
        }
        set {
            switch self {
            case .model(var model):
                model.taskDigest = newValue
                self = .model(model)
            case .answers(var answers):
                answers.taskDigest = newValue
                self = .answers(answers)
            }
        }
    }

    /// The bytes of its file.
    public func encoded() throws -> [UInt8] {
        switch self {
        case .model(let model): try model.encoded()
        case .answers(let answers): try answers.encoded()
        }
    }

    /// Reads a file.
    public init(encoded bytes: [UInt8]) throws(SynthesisError) {
        self =
            ReleasedAnswers.isFile(bytes)
            ? .answers(try ReleasedAnswers(encoded: bytes)) : .model(try FittedModel(encoded: bytes))
    }
}
