import Foundation
import Logging
import Tasks

/// What time ends, whoever calls or nobody.
extension TaskDriver {
    /// Enforces the deadlines that have passed.
    func expire() {
        let seconds = now().timeIntervalSince1970
        for party in uploads.forgetInterrupted(at: seconds) { dropRows(of: party) }
        let time = UTCInstant(seconds: Int64(seconds))
        let deadlines = specification.deadlines
        let moments: [(TaskLife.Deadline, UTCInstant?)] = [
            (.upload, deadlines.uploadBy), (.compute, deadlines.computeBy), (.retrieve, deadlines.retrieveBy),
        ]
        for (deadline, moment) in moments {
            guard let moment, moment <= time else { continue }
            do {
                try perform(.deadlinePassed(deadline)) { action in
                    guard action == .destroyTablesAndModel else { return }
                    try end(life.stage == .trained ? .closed : .expired)
                }
            } catch {
                logger.error("a deadline could not be recorded")
            }
        }
    }
}
