public import GraphicalModels
public import PrivacyKernel

/// Why a synthesizer refuses, a model file is not read, or rows cannot be drawn. Every figure in a payload is public.
public enum SynthesisError: Error, Equatable, Sendable {
    case unknownSynthesizer(String)
    case unknownParameter(String, known: [String])
    case invalidParameter(String, value: String, expected: String)
    /// A domain without a column to model.
    case noColumns
    /// The budget, or the smallest part of it that a release would get, buys nothing that the kernel can draw.
    case budgetTooSmall(PrivacyError)
    /// The dense table of `mwem`; `cells` is nil beyond 2^63.
    case denseDomainTooLarge(cells: Int?, limit: Int)
    /// The smallest model that the synthesizer can build; `column` is the one to bin.
    case modelTooLarge(cells: Int, limit: Int, column: String, columnSize: Int)
    /// The marginals that `aim` chooses among, together.
    case candidatesTooLarge(cells: Int, limit: Int)
    /// Bytes that are not a model file.
    case notAModelFile
    /// The file of a task that makes no model.
    case answersAlone
    case unknownModelVersion(String)
    /// The digest does not agree with the bytes: the file was changed or cut short.
    case digestMismatch
    /// The digest agrees but the content does not make a model; what is missing or out of range.
    case malformedModel(String)
    /// A condition names a column or code that the domain does not have.
    case conditionOutsideDomain(column: Int, code: Int)
    /// The model gives the conditions probability zero.
    case impossibleConditions
    /// Exact draws under conditions on ordered columns of a copula would need too many attempts a row.
    case conditionsTooRare
    /// The model is not made of marginals only, from which imputations are refitted.
    case notImputable(String)
    case estimation(GraphicalModelError)
}

extension SynthesisError: CustomStringConvertible {
    /// One sentence: what is wrong and what would be right. Nothing in it depends on rows.
    public var description: String {
        switch self {
        case .unknownSynthesizer(let name):
            "There is no synthesizer '\(name)'. Choose one of \(names(SynthesizerName.known.map(\.rawValue)))."
        case .unknownParameter(let name, let known):
            "There is no parameter '\(name)' here. "
                + (known.isEmpty ? "This synthesizer takes none." : "Choose among \(names(known)).")
        case .invalidParameter(let name, let value, let expected):
            "The parameter '\(name)' is '\(value)'; it must be \(expected)."
        case .budgetTooSmall(let error):
            "The budget does not pay for this plan: \(error) Raise ε, allow a key fewer rows, or choose a method of "
                + "fewer releases, such as 'independent'."
        case .noColumns: "The domain has no column besides keys and derived columns. Declare at least one field."
        case .denseDomainTooLarge(let cells, let limit):
            "mwem keeps one number for each combination of values; this domain has "
                + "\(cells.map(String.init) ?? "more than 2^63") of them, the limit is \(limit). "
                + "Use 'mst' or 'auto', or name fewer columns or bins."
        case .modelTooLarge(let cells, let limit, let column, let size):
            "The model would need \(cells) cells, the limit is \(limit). Column '\(column)' has \(size) values: give it "
                + "fewer bins or categories, or raise 'cells'."
        case .candidatesTooLarge(let cells, let limit):
            "The marginals that aim chooses among have at least \(cells) cells together, the limit is \(limit). Give columns "
                + "fewer bins or categories, lower 'degree' or 'cells', or use 'auto'."
        case .notAModelFile: "This is not a model file of Entrepot."
        case .answersAlone:
            "This file holds the answers of a task's queries and nothing else: its task makes no model and no rows. "
                + "Read an answer with `entrepot query NAME --model FILE --task TASK.yaml`."
        case .unknownModelVersion(let version):
            "The model file has version \(version); this program reads up to version \(FittedModel.fileVersion). "
                + "Use the program that wrote it."
        case .digestMismatch:
            "The model file was changed or cut short: its SHA-256 digest does not agree. Fetch it again."
        case .malformedModel(let what): "The model file is not sound: \(what)."
        case .conditionOutsideDomain(let column, let code):
            "There is no code \(code) of column \(column) in the domain."
        case .impossibleConditions: "The model gives these conditions probability zero. Ask for fewer or others."
        case .conditionsTooRare:
            "Rows under these conditions cannot be drawn exactly from a copula: fewer than one attempt in 256 would do. "
                + "Ask for fewer conditions on numbers, or filter the rows of a larger sample."
        case .notImputable(let name):
            "Imputations are made of noisy marginals, and '\(name)' has other figures as well. "
                + "Fit with 'auto', 'mst' or another method of marginals."
        case .estimation(let error): error.description
        }
    }

    private func names(_ list: [String]) -> String { list.joined(separator: ", ") }
}
