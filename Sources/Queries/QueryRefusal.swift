/// Why a query cannot be asked. Every reason is a function of the signed task, found before anything is drawn; a refused
/// query spends nothing.
public enum QueryRefusal: Error, Sendable, Equatable {
    case columns(query: String, expected: String)
    case unknownColumn(query: String, column: String)
    case notANumber(query: String, column: String)
    case notOrdered(query: String, column: String)
    case outsideDomain(query: String, column: String, value: String)
    case tooManyCells(query: String, limit: Int)
    case clamp(query: String)
    case unit(query: String)
    case share(query: String, share: Double)
    case noLinkage(query: String, patterns: Int)
    case notForKind(query: String, kind: String, setting: String)
    case overBudget(prices: Double, epsilon: Double)
    /// Without a model the prices are the whole budget.
    case notAllSpent(prices: Double, epsilon: Double)
}

extension QueryRefusal: CustomStringConvertible {
    /// One sentence: what is wrong with the query, as the task writes it.
    public var description: String {
        switch self {
        case .columns(let query, let expected): "The query \(query) needs \(expected) in `columns`."
        case .unknownColumn(let query, let column):
            "The query \(query) names \(column), which the joined table does not have."
        case .notANumber(let query, let column): "The query \(query) adds up \(column), which holds no numbers."
        case .notOrdered(let query, let column):
            "The query \(query) asks for quantiles of \(column), which has no order."
        case .outsideDomain(let query, let column, let value):
            "The query \(query) asks for \(column) = \"\(value)\", which is outside its domain."
        case .tooManyCells(let query, let limit):
            "The query \(query) has more than \(limit) cells; use fewer or coarser columns in `by` and `where`."
        case .clamp(let query): "The query \(query) clamps to nothing; write `clamp: [0, 1000000]`."
        case .unit(let query):
            "The query \(query) counts in units that are not positive, or too small: its clamp may have 2^30 of them at most. "
                + "Write a larger `unit` (1000 for thousands), or a narrower `clamp`."
        case .share(let query, let share): "The query \(query) asks for the quantile \(share), outside 0 to 1."
        case .noLinkage(let query, let patterns):
            "The query \(query) needs a task with `join: {kind: linkage}` and at most \(patterns) agreement patterns, and groups by "
                + "columns of one provider."
        case .notForKind(let query, let kind, let setting):
            "The query \(query) has `\(setting)`, which \(kind) does not use."
        case .overBudget(let prices, let epsilon):
            "The queries cost \(prices) of ε = \(epsilon); nothing is left for the model."
        case .notAllSpent(let prices, let epsilon):
            "The queries cost \(prices) of ε = \(epsilon), and without a model they have to cost all of it."
        }
    }
}
