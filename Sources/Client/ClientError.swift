public import Attestation
import Bytes
import Domains
public import Tables

/// Why a client stopped. Each kind has its own exit code, so that scripts can tell them apart.
public enum ClientError: Error, Sendable, Equatable {
    /// No connection, or none with TLS 1.3.
    case unreachable(address: String, reason: String)
    case brokenConnection(String)
    /// The evidence is not authentic.
    case evidence(EvidenceError)
    /// The evidence is authentic but refused, for these reasons.
    case refused([Refusal])
    /// The service runs a task that the user did not approve.
    case anotherTask(expected: String, found: String)
    /// The service's task is not well formed, or its bytes are not canonical.
    case unreadableTask(String)
    /// The service's task gives one key to two parties.
    case sharedKey(String)
    /// TLS gave no exporter or no key to bind the evidence to.
    case noBinding
    /// A receipt, or the ledger's key, that proves nothing.
    case receipt(ReceiptError)
    /// The service accepted a table without a receipt.
    case noReceipt
    /// The key is not one that the task lists.
    case notListed(fingerprint: String)
    case noKey
    case unreadableKey(String)
    /// What this client remembers contradicts what the service says.
    case remembered(RememberedConflict)
    case unwritable(path: String)
    case unreadable(path: String)
    case badInput(String)
    /// The service answered with an error.
    case service(ServiceProblem)
    /// Waiting for the model took longer than allowed.
    case timedOut
    /// What an office keeps of the rounds of a secure sum is damaged or incomplete.
    case damagedRounds(path: String)
    /// Another process works in a state folder.
    case stateInUse(path: String)
    /// The place where an office is to listen is taken.
    case portInUse(address: String)
    /// Nothing can listen there.
    case cannotListen(address: String, reason: String)

    /// The exit code of the command line.
    public var exitCode: Int32 {
        switch self {
        case .unreachable, .brokenConnection, .unwritable, .timedOut, .noReceipt, .stateInUse, .portInUse,
            .cannotListen:
            1
        case .evidence(let error): error.exitCode
        case .receipt: 2
        case .refused(let refusals): refusals.exitCode
        case .anotherTask, .unreadableTask: 3
        case .noBinding: 4
        case .notListed, .noKey, .unreadableKey, .sharedKey: 5
        case .remembered, .damagedRounds: 6
        case .badInput, .unreadable: 65
        case .service(let problem): problem.exitCode
        }
    }
}

extension ClientError: CustomStringConvertible {
    /// What went wrong and what to do next, in one or two sentences.
    public var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "\(address) cannot be reached over TLS 1.3 (\(reason)). Check the address and that the service runs."
        case .brokenConnection(let reason):
            "The connection broke: \(reason). Nothing that was not answered counts: try again."
        case .evidence(.noTrustedRoot(let format)) where format.isWithoutVendorRoot:
            "You named no root for \(format.rawValue) evidence: add \(format.optionOfRoot). Nothing was sent."
        case .evidence(let error):
            "\(error) Nothing was sent. Do not use this service; tell its operator.\(error.hintOnConnection.map { " \($0)" } ?? "")"
        case .refused(let refusals):
            "The evidence is authentic and refused. \(refusals.map { "\($0)" }.joined(separator: " ")) Nothing was sent."
        case .anotherTask(let expected, let found):
            "The service runs task \(found), not \(expected) that was approved. Nothing was sent. Compare the tasks with "
                + "`entrepot task show`."
        case .unreadableTask(let reason): "The service's task cannot be read (\(reason)). Nothing was sent."
        case .sharedKey(let problem):
            "The service's task cannot be trusted: \(problem) Nothing was sent. Do not sign or use this task."
        case .noBinding:
            "This connection gave nothing to bind the evidence to, so the evidence could belong to another one. Nothing "
                + "was sent."
        case .receipt(let error):
            "A receipt is not authentic. \(error) Do not rely on it, and keep it: ask the operator, and compare ledger "
                + "heads with the other parties."
        case .noReceipt:
            "The service answered without a receipt for the table, so the table does not count as accepted. Ask for the "
                + "ledger (`entrepot ledger`) before you upload again."
        case .notListed(let fingerprint):
            "The key \(fingerprint) is not listed in the task. Use the key whose public half the task names."
        case .noKey:
            "This needs the private key of a party of the task: name it with --key. `entrepot keygen NAME` makes one."
        case .unreadableKey(let reason): "The key file cannot be used: \(reason)"
        case .remembered(let conflict): "\(conflict)"
        case .unwritable(let path): "\(path) cannot be written. Check that its folder exists and is yours."
        case .unreadable(let path): "\(path) cannot be read. Check that the file exists and is yours."
        case .badInput(let what): what
        case .service(let problem): "\(problem)"
        case .damagedRounds(let path):
            "\(path) is damaged, or a message before it is missing. Nothing was sent: made anew, a message would have other "
                + "noise. Put the newest state folder back whole; otherwise agree on a new task."
        case .stateInUse(let path):
            "Another `entrepot compute` works in \(path). Nothing was sent. Wait for it, or stop it."
        case .portInUse(let address):
            "\(address) cannot be listened on: another program does. Stop it, or choose another port with --listen and tell "
                + "those who connect."
        case .cannotListen(let address, let reason):
            "\(address) cannot be listened on: \(reason). Give an address of this machine, or 0.0.0.0, with --listen."
        case .timedOut: "The model was not ready in time. Ask again with `entrepot status --wait`."
        }
    }
}

/// An error that the service answered (`application/problem+json`).
public struct ServiceProblem: Sendable, Equatable {
    /// The status of the answer.
    public var status: Int
    /// The stable word for programs, such as `spec_unsigned`.
    public var code: String
    /// What is wrong, as a sentence.
    public var detail: String
    /// What to do about it.
    public var hint: String
    /// What is wrong with the table that was sent.
    public var table: [TableProblem]

    /// 5 where the service does not know the key, 65 where what was sent is bad, 1 otherwise.
    public var exitCode: Int32 {
        switch status {
        case 401, 403: 5
        case 400 where code != "model_not_ready", 413, 415, 422: 65
        default: 1
        }
    }
}

extension ServiceProblem: CustomStringConvertible {
    /// Detail and hint, and the problems of a table where there are any.
    public var description: String {
        // The service may be anybody's: none of its words makes a line of its own.
        // With problems of a table, one of them must not stand for all.
        let head =
            table.isEmpty
            ? detail : "\(table.count == 1 ? "1 problem" : "\(table.count) problems") in the table; nothing was kept."
        var lines = [ShownText.line("\(head) (\(status), \(code)) \(hint)")]
        // The same sentences as those of `entrepot check`.
        if !table.isEmpty {
            lines += "\(TableProblems(problems: table, counts: [:]))".split(separator: "\n").map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
