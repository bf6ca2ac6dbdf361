import Bytes

/// Why an office goes on no further. Each case names the office and what it did; none holds a figure.
public enum SumRefusal: Error, Sendable, Equatable {
    /// A message that nobody can read.
    case unreadable(from: String)
    case otherTask(from: String, task: String)
    case otherVersion(from: String, program: String, version: Int)
    /// The message says that it is somebody else's, or for somebody else.
    case otherOffice(from: String, named: String)
    /// The same task and other questions or other noise: another release of the program, or another machine's arithmetic.
    case otherPlan(from: String)
    /// An office came back without the masks that it had.
    case otherMasks(from: String)
    case otherTable(from: String)
    case otherSession(from: String)
    case otherQuestion(from: String, round: Int)
    case otherSize(from: String, round: Int, expected: Int, found: Int)
    /// It has other totals of the rounds before.
    case otherTotals(from: String, round: Int)
    /// Two different messages for one round.
    case twoMessages(from: String, round: Int)
    /// A message for a round that cannot have begun.
    case roundNotBegun(from: String, round: Int)
    /// A share or the end before a greeting.
    case notGreeted(from: String)
    /// A public key with which no secret can be made.
    case unusableMaskKey(from: String)
    case badSignature(from: String)
    /// This office itself asks something else than before it was started again.
    case changedHere(round: Int)
    /// A figure opened anew is not the one that this office has recorded.
    case otherFigure(at: String, round: Int)
    /// Another office has more of this one's messages than this one has made: its disk is an older copy.
    case olderCopy(here: Int, known: Int, to: String)
    /// A piece that nobody asked for, or of another length.
    case otherPiece(from: String)
    /// Both holders found other common keys.
    case otherMembers(from: String)
    /// A shared table has a row that is not one-hot.
    case malformedTable(of: String)
    /// A list has a key twice.
    case repeatedKey(of: String)
    /// Of two shared tables one has rows where the other has none.
    case unevenTables(of: String, and: String)
    /// Its ledger has less left for requests than this one costs, in millionths of ε.
    case partSpent(at: String, left: Int, price: Int)
    /// The task asks for evidence of what it runs, and it came without, or with another one. The code is that of what is wrong with
    /// evidence (2 not authentic or none, 3 refused, 4 of another connection).
    case unattested(of: String, reason: String, exitCode: Int32)
    /// It found something that contradicts what was agreed: for good.
    case failed(by: String, reason: String)
    /// An office's signed word, for good; the office itself or another one handed it on.
    case halted(SumHalt)
    /// For now.
    case paused(by: String, reason: String)
    /// These said nothing for so long.
    case silent([String], seconds: Int, trouble: String)
}

extension SumRefusal: CustomStringConvertible {
    /// One or two sentences: who, what, and what to do; on one line, whatever the other office wrote.
    public var description: String { ShownText.line(sentence) }

    private var sentence: String {
        switch self {
        case .unreadable(let from): "\(from) sent something that is no message of a secure sum. Nothing was added."
        case .otherTask(let from, let task):
            "\(from) sent a message of another task, or of another request (\(task.prefix(16))…). Compare with \(from) the file that is "
                + "named by --task (`entrepot task digest`) and the one named by --request."
        case .otherVersion(let from, let program, let version):
            "\(from) runs \(program), whose secure sums are of version \(version); here it is "
                + "\(SumGreeting.currentVersion). All offices need the same release."
        case .otherOffice(let from, let named): "\(from) sent a message in the name of, or for, \(named)."
        case .otherPlan(let from):
            "\(from) would ask other questions of the same task, or add other noise: its release of entrepot differs from "
                + "this one."
        case .otherMasks(let from):
            "\(from) was started again without its state, and has other masks than the ones agreed. It must come back with "
                + "its --state folder; otherwise agree on a new task."
        case .otherTable(let from):
            "\(from) came back with another table than the one it began with. It must take the first one; otherwise agree "
                + "on a new task."
        case .otherSession(let from):
            "\(from) has other greetings of the offices than this one: somebody was started again without its state."
        case .otherQuestion(let from, let round):
            "\(from) answered another question in round \(round &+ 1): its program differs from this one."
        case .otherSize(let from, let round, let expected, let found):
            "\(from) sent \(found) figures in round \(round &+ 1), where \(expected) belong."
        case .otherTotals(let from, let round):
            "\(from) has other totals of the rounds before round \(round &+ 1) than this office. The result is not used."
        case .twoMessages(let from, let round):
            "\(from) sent two different messages for round \(round &+ 1). The result is not used."
        case .roundNotBegun(let from, let round):
            "\(from) sent a message for round \(round &+ 1), which cannot have begun."
        case .notGreeted(let from): "\(from) sent figures before its greeting."
        case .unusableMaskKey(let from): "\(from) sent a key for masks that makes no secret."
        case .badSignature(let from): "The end that \(from) sent does not have its signature."
        case .changedHere(let round):
            "This office asks another question in round \(round &+ 1) than before it was started again. Use the same task, "
                + "table and release; otherwise agree on a new task."
        case .otherFigure(let office, let round):
            "The figure of round \(round &+ 1) is not the one that \(office) recorded when it opened first. It is not used: "
                + "the state folder of \(office) is damaged or mixed from two times. Agree on a new task."
        case .olderCopy(let here, let known, let to):
            "This office has \(here) of its messages, and \(to) has had \(known): the state folder here is an older copy. Nothing was "
                + "sent. Start again with the newest folder; where it is lost, agree on a new task."
        case .otherPiece(let from): "\(from) sent a piece of a table that was not asked for, or of another length."
        case .otherMembers(let from):
            "\(from) found other common keys than this one: one of both lists of keys changed, or came back as another one. Nothing "
                + "was counted."
        case .malformedTable(let of):
            "The table that \(of) shared has rows that do not count once in each column: a row of weight 1,000, or of two values, "
                + "would take a thousand times its part. Nothing was released of it. Agree on a new task."
        case .repeatedKey(let of):
            "The list that \(of) sent names a key twice, which would count it twice. Nothing was counted. \(of) has to look for "
                + "the cause; agree on a new task."
        case .unevenTables(let of, let and):
            "In the tables that \(of) and \(and) shared, a row of one stands beside none of the other: it would count in some columns "
                + "alone. Nothing was released of it. Agree on a new task."
        case .partSpent(let at, let left, let price):
            "\(at) has \(Double(max(0, left)) / 1e6) of ε left for requests by its ledger, and this one costs \(Double(price) / 1e6). "
                + "Nothing was set aside for it."
        case .unattested(let of, let reason, _):
            "\(of) has not proved that it runs the program that the task names for it: \(reason) Nothing was sent to it over this "
                + "connection."
        case .failed(let by, let reason): "\(by) ended the task: \(reason)"
        case .halted(let halt):
            "\(halt.from) halted the task: \(halt.reason). Its halt is signed and final: there is no result and will be none."
        case .paused(let by, let reason): "\(by) stopped: \(reason)"
        case .silent(let names, let seconds, let trouble):
            "\(names.joined(separator: ", ")) said nothing for \(seconds) s\(trouble.isEmpty ? "" : " (\(trouble))"). "
                + "There is no result. Once all are there, start again with the same --state folder: the same messages are "
                + "sent, and nothing is spent twice."
        }
    }

    /// Whether starting again can help: nothing contradicts what was agreed.
    public var isTemporary: Bool {
        switch self {
        case .silent, .paused, .otherVersion, .otherMasks, .otherTable, .otherTask, .otherPlan, .unreadable,
            .notGreeted,
            .otherOffice, .otherSession, .otherPiece, .olderCopy, .partSpent, .unattested:
            true
        default: false
        }
    }

    /// With which code a command ends.
    public var exitCode: Int32 {
        if case .unattested(_, _, let code) = self { code } else { 1 }
    }
}
