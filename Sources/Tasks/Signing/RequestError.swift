/// What can be wrong with a request or a decision about one. Nothing is spent then.
public enum RequestError: Error, Sendable, Equatable {
    case unreadable(String)
    case ofAnotherTask(what: String, task: String)
    case ofAnotherRequest(party: String, decided: String, asked: String)
    case keyOfNobody(String)
    case strangerAsks(String)
    case mayNotAsk(party: String, role: String)
    case mayNotDecide(party: String, role: String)
    case signatureInvalid(what: String, party: String)
    /// The query is none that the task could answer.
    case query(party: String, problems: TaskProblems)
    case refused(by: String, reason: String)
    case notDecided([String])
}

extension RequestError {
    /// Whether the file itself is wrong, not who signed it.
    public var isOfForm: Bool {
        switch self {
        case .unreadable, .query: true
        default: false
        }
    }
}

extension RequestError: CustomStringConvertible {
    /// One or two sentences: what is wrong, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let what): "This is no \(what): it is cut, changed, or something else. Fetch it again."
        case .ofAnotherTask(let what, let task):
            "\(what) is for task \(task), and not for this one. Compare `entrepot task digest`."
        case .ofAnotherRequest(let party, let decided, let asked):
            "\(party) decided on request \(decided), and this is request \(asked): one of both changed, or is another one. "
                + "\(party) has to look at this one."
        case .keyOfNobody(let fingerprint): "The task lists no party with the key \(fingerprint)."
        case .strangerAsks(let party): "The request is in the name of \(party), who is no party of the task."
        case .mayNotAsk(let party, let role): "\(party) is \(role) of the task; only a consumer asks for queries."
        case .mayNotDecide(let party, let role):
            "\(party) is \(role) of the task; only its providers decide on requests."
        case .signatureInvalid(let what, let party):
            "The \(what) of \(party) was not signed with the key that the task lists, or was changed afterwards."
        case .query(let party, let problems): "What \(party) asks cannot be answered:\n\(problems)"
        case .refused(let party, let reason): "\(party) refused the request: \(reason). Nothing was spent."
        case .notDecided(let parties):
            "\(parties.joined(separator: ", ")) did not decide on the request: each provider runs `entrepot request approve`, "
                + "and its decision lies beside the request."
        }
    }
}
