import Domains
import HTTPTypes
import Tables

/// Who may read an error.
enum Audience: String, Sendable, Equatable {
    /// The party whose table or request it is about.
    case owner
    /// Every party of the task.
    case parties
    /// Anybody who can connect.
    case everyone
}

/// An error as the service answers it: `application/problem+json` (RFC 9457) that also carries the `detail` of the
/// enclave workshop, a stable `code`, and what to do.
struct Problem: Error, Sendable, Equatable {
    /// One faulty argument of a request, in the shape that the workshop's clients read.
    struct Argument: Sendable, Equatable {
        var location: [String]
        var message: String
        var type: String
    }

    var status: HTTPResponse.Status
    /// A stable word for programs.
    var code: String
    /// What happened, in one sentence.
    var detail: String
    /// What to do about it.
    var hint: String
    var audience: Audience
    /// What is wrong with an uploaded table; for its owner only.
    var table: TableProblems?
    /// What is wrong with the arguments of a request; where present it is the `detail`, as in the workshop.
    var arguments: [Argument]
    /// Further response headers, such as `Allow` and `Retry-After`.
    var headers: HTTPFields

    init(
        _ status: HTTPResponse.Status, code: String, detail: String, hint: String, audience: Audience,
        table: TableProblems? = nil, arguments: [Argument] = [], headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.audience = audience
        self.table = table
        self.arguments = arguments
        self.headers = headers
    }

    /// The body of the answer.
    var body: OrderedJSON {
        var members: [(String, OrderedJSON)] = [
            ("type", .string("urn:entrepot:problem:\(code)")),
            ("title", .string(status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase)),
            ("status", .integer(Int64(status.code))),
            ("detail", detailValue),
            ("code", .string(code)),
            ("hint", .string(hint)),
        ]
        if let table {
            members.append(("problems", .array(table.problems.map(Problem.value))))
            members.append(
                ("counts", .object(table.counts.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
            )
        }
        return .object(members)
    }

    private var detailValue: OrderedJSON {
        guard !arguments.isEmpty else { return .string(detail) }
        return .array(
            arguments.map { argument in
                .object([
                    ("loc", .array(argument.location.map(OrderedJSON.string))), ("msg", .string(argument.message)),
                    ("type", .string(argument.type)),
                ])
            })
    }

    private static func value(_ problem: TableProblem) -> OrderedJSON {
        var members: [(String, OrderedJSON)] = [("code", .string(problem.code))]
        if let row = problem.row { members.append(("row", .integer(Int64(row)))) }
        if let column = problem.column { members.append(("column", .string(column))) }
        if let value = problem.value { members.append(("value", .string(value))) }
        members.append(("expected", .string(problem.expected)))
        members.append(("hint", .string(problem.hint)))
        return .object(members)
    }
}
