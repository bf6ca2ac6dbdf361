/// Who uploads now, and what is kept of uploads whose connection broke: at most one of each a party.
struct UploadsUnderWay {
    private var active: Set<String> = []
    private var interrupted: [String: InterruptedUpload] = [:]

    /// Begins an upload; call ``end(of:)`` whatever becomes of it.
    ///
    /// - Parameter range: which part of the file comes; nil for the whole.
    /// - Returns: the upload that it continues; nil if it starts from the beginning.
    /// - Throws: 429 beside another upload of the party, 409 if the part is not the one that is missing.
    mutating func begin(of party: String, range: UploadRange?) throws(Problem) -> InterruptedUpload? {
        guard !active.contains(party) else { throw Problem.uploadUnderWay }
        let kept = interrupted[party]
        if let range, range.start > 0 {
            guard let kept, kept.received == range.start, kept.size == range.size else {
                throw Problem.wrongOffset(kept?.received ?? 0)
            }
        }
        interrupted[party] = nil
        active.insert(party)
        return range.map { $0.start > 0 } ?? false ? kept : nil
    }

    mutating func end(of party: String) { active.remove(party) }

    /// Keeps what came of an upload whose connection broke.
    mutating func interrupt(_ upload: InterruptedUpload, of party: String) { interrupted[party] = upload }

    /// - Throws: 429 while the party uploads.
    func interrupted(of party: String) throws(Problem) -> InterruptedUpload? {
        guard !active.contains(party) else { throw Problem.uploadUnderWay }
        return interrupted[party]
    }

    mutating func forgetInterrupted() { interrupted = [:] }

    /// - Returns: whether there was one.
    @discardableResult
    mutating func forgetInterrupted(of party: String) -> Bool { interrupted.removeValue(forKey: party) != nil }

    /// Whether the part of a party's file that came is kept.
    func isInterrupted(of party: String) -> Bool { interrupted[party] != nil }

    /// Forgets what was kept for too long.
    ///
    /// - Parameter time: now, in seconds since 1970.
    /// - Returns: the parties whose upload it was.
    @discardableResult
    mutating func forgetInterrupted(at time: Double) -> [String] {
        let late = interrupted.filter { time - $0.value.time >= InterruptedUpload.patience }.map(\.key)
        for party in late { interrupted[party] = nil }
        return late
    }
}
