import HTTPTypes
import Logging
import Shards
import Tables
import Tasks

/// Rows that lie on shards, where the task lists some.
extension TaskDriver {
    private nonisolated func place(of party: String) -> Int? {
        specification.providers.firstIndex { $0.name == party }
    }

    /// Begins to send a party's table; nil where the task lists no shards.
    ///
    /// - Throws: `ShardError`.
    nonisolated func shardUpload(of party: String, _ limits: TableLimits) async throws -> ShardUpload? {
        guard let shards, let place = place(of: party) else { return nil }
        let made = try await DedicatedThread.run("shards") { Made(upload: try shards.begin(place, limits: limits)) }
        return made.upload
    }

    /// Proof: the thread that made it keeps no reference.
    private struct Made: @unchecked Sendable {
        let upload: ShardUpload
    }

    /// Has the rows that came of a party's table take the place of those that are held.
    func keepRows(of party: String) { if let place = place(of: party) { shards?.keep(place) } }

    /// Has the rows that came of a party's table overwritten.
    func dropRows(of party: String) { if let place = place(of: party) { shards?.drop(place) } }

    /// Has the rows that are held of a party overwritten.
    func removeRows(of party: String) { if let place = place(of: party) { shards?.remove(place) } }

    /// Whether all shards answer, asked before anything is decided that needs them: then nothing is set aside yet.
    ///
    /// - Throws: `Problem`; the task has failed then.
    nonisolated func checkShards() async throws {
        guard let shards, await life.stage == .collecting else { return }
        do {
            try await DedicatedThread.run("shards") { try shards.check() }
        } catch let error as ShardError {
            throw await refusal(of: error)
        }
    }

    /// What a party is told of a shard that is lost or errs. Where rows that count lay there, the task has failed with it.
    func refusal(of error: ShardError) -> Problem {
        let words = (shards?.failure ?? error).publicSentence
        switch error {
        // Of machines alone: no row was sent yet.
        case .unreached, .unverified, .untrusted, .busy:
            logger.error("a shard takes no rows", metadata: ["why": "\(error)"])
        default: break
        }
        guard shards?.failure != nil, life.stage == .collecting else {
            return Problem(
                .serviceUnavailable, code: "shard_unavailable", detail: words,
                hint: "Nothing was kept of this table. Upload it again once whoever runs the shards has mended that.",
                audience: .parties, headers: [.retryAfter: "30"])
        }
        logger.error("a shard is lost")
        do {
            let cause = "\(words) Nothing was spent."
            try perform(.shardFailed(because: cause)) { _ in try end(.failed, because: cause) }
        } catch let problem as Problem {
            return problem
        } catch {
            return Problem.notRecorded
        }
        return Problem(
            .conflict, code: "shard_failed", detail: words,
            hint: "The task has failed; nothing was spent. Agree on a new task once the shards are mended.",
            audience: .parties)
    }
}
