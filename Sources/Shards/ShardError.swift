import Bytes
public import Tables

/// Why shards do not count. Nothing is spent by any of it before the first release; each names the shard or file that it is of.
public enum ShardError: Error, Sendable, Equatable {
    /// The shard ended, or its connection was cut.
    case lost(shard: String, why: String)
    /// Nobody answers there.
    case unreached(shard: String, why: String)
    /// Whoever answers ended the connection before its evidence was there.
    case unverified(shard: String)
    /// The evidence of the shard is forged, or of something that the task does not list.
    case untrusted(shard: String, why: String)
    /// The shard counts for somebody else at the moment.
    case busy(shard: String)
    /// The shard does not take what it is sent.
    case refused(shard: String, why: String)
    /// An answer that is none.
    case answer(shard: String, what: String)
    /// The shard counts known rows wrongly, or its tables have other rows than it was sent.
    case wrongSums(shard: String, what: String)
    /// A file is no longer what was sent before a shard was lost.
    case changed(table: String)
    /// What shards do not count.
    case notCounted(String)
    /// Rows that the schema does not allow, with their places: for the owner of the table alone.
    case rows(table: String, TableProblems)
}

extension ShardError: CustomStringConvertible {
    /// Whether what is counted is wrong, and not who counts.
    public var isOfRows: Bool {
        switch self {
        case .rows, .changed, .notCounted: true
        case .lost, .unreached, .unverified, .untrusted, .busy, .refused, .answer, .wrongSums: false
        }
    }

    /// Whether a shard that was lost may be back, or free, a little later.
    var mayPass: Bool {
        switch self {
        case .lost, .unreached, .unverified, .busy: true
        case .untrusted, .refused, .answer, .wrongSums, .changed, .notCounted, .rows: false
        }
    }

    /// What all parties of a task may read: which shard it was and what kind of fault, and no figure.
    public var publicSentence: String {
        let sentence =
            switch self {
            case .lost(let shard, _): "The shard \(shard) was lost, and with it the rows that it held."
            case .unreached(let shard, _): "The shard \(shard) does not answer. No row was sent to it."
            case .unverified(let shard):
                "The shard \(shard) ended the connection before it was verified. No row was sent to it."
            case .untrusted(let shard, _): "The shard \(shard) is not what the task lists. No row was sent to it."
            case .busy(let shard): "The shard \(shard) counts for somebody else at the moment. No row was sent to it."
            case .refused(let shard, _): "The shard \(shard) refused what it was sent."
            case .answer(let shard, _): "The shard \(shard) gave an answer that cannot be used."
            case .wrongSums(let shard, _): "The shard \(shard) counts wrongly: nothing of it was used."
            case .changed, .notCounted, .rows: "The tables cannot be counted by shards."
            }
        return ShownText.line(sentence)
    }

    /// One sentence, with what to do. Only `rows` quotes values, to the owner alone.
    public var description: String {
        if case .rows(let table, let problems) = self { return "\(ShownText.line(table)):\n\(problems)" }
        return ShownText.line(sentence)
    }

    private var sentence: String {
        switch self {
        case .lost(let shard, let why):
            "The shard \(shard) is lost: \(why). Its rows are gone with it, and nothing was released of this question: start the "
                + "shard anew, and the fit."
        case .unreached(let shard, let why):
            "The shard \(shard) does not answer: \(why). No row was sent to it: start it with `entrepot shard`, or correct --connect."
        case .unverified(let shard):
            "The shard \(shard) ended the connection before it was verified, and no row was sent to it: start it with the public half "
                + "of your --key as its --coordinator. If it was, what listens there is no shard."
        case .untrusted(let shard, let why): "The shard \(shard) is not trusted, and no row was sent to it: \(why)"
        case .busy(let shard):
            "The shard \(shard) counts for another fit, or --connect names it twice. No row was sent to it: wait until that fit has "
                + "ended, or start another shard."
        case .refused(let shard, let why): "The shard \(shard) refuses: \(why)."
        case .answer(let shard, let what): "The shard \(shard) gave an answer that cannot be used: \(what)."
        case .wrongSums(let shard, let what):
            "The shard \(shard) counts wrongly and is refused: \(what). Nothing of it was released."
        case .changed(let table):
            "\(table) is no longer the file that was sent before a shard was lost: nothing more is released. Begin anew."
        case .notCounted(let what): "\(what) cannot be counted by shards. Use --engine memory."
        case .rows(let table, _): "\(table) has rows that the schema does not allow."
        }
    }
}

extension ShardRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .version(let version): "it speaks version \(ShardLayout.version) of the messages, not \(version)"
        case .unexpected(let what): "\(what) does not belong here"
        case .malformed(let what): "a \(what) is not of its form"
        case .batch(let expected, let found): "batch \(found) came in the place of batch \(expected)"
        case .anotherShard: "a row's key belongs to another shard, so the numbers of shards differ"
        case .tooLarge(let what): "\(what) are more than it has room for"
        case .busy: "it counts for somebody else at the moment"
        }
    }
}

/// A shard at the other end of a connection, whose evidence was verified.
public protocol ShardLink: AnyObject, Sendable {
    /// Sends a message and waits for its answer.
    ///
    /// - Parameter longest: so many bytes are read; an answer that announces more ends the connection.
    /// - Throws: `ShardError.lost` where the connection ends.
    func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8]
    /// Ends the connection.
    func close()
}
