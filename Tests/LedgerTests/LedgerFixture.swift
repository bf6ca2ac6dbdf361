import Foundation
import GRDB
import Testing

@testable import Ledger

/// A state directory that lives as long as one test.
final class StateDirectory {
    let path = NSTemporaryDirectory() + "ledger-" + UUID().uuidString

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> Ledger { try Ledger.open(directory: path) }

    /// Changes the file behind the ledger's back, as whoever owns the disk can.
    func tamper(_ sql: String, _ arguments: StatementArguments = []) throws {
        let queue = try DatabaseQueue(path: path + "/" + Ledger.fileName)
        try queue.write { database in
            for trigger in ["entry_update", "entry_delete", "release_update", "release_delete"] {
                try database.execute(sql: "DROP TRIGGER IF EXISTS \(trigger)")
            }
            try database.execute(sql: sql, arguments: arguments)
        }
        try queue.close()
    }
}

let someTask = LedgerHash(of: Array("task".utf8))
let otherTask = LedgerHash(of: Array("other task".utf8))
let someUploads = ["Alice": LedgerHash(of: Array("a".utf8)), "Bob": LedgerHash(of: Array("b".utf8))]

extension Ledger {
    @discardableResult
    func reserveSome(
        _ task: LedgerHash = someTask, epsilon: Double = 1, uploads: [String: LedgerHash] = someUploads, time: Int64 = 7
    ) throws -> Reservation {
        try reserve(task: task, epsilon: epsilon, delta: 1e-9, plan: #"{"steps":[]}"#, uploads: uploads, time: time)
    }
}
