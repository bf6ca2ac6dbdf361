import Foundation
import Ledger
import Synchronization
import Tables

@testable import PrivacyKernel
@testable import Service

/// Bugs of the service that the audit plants, as `PlantedBugs` does with those of the kernel: functions that stand in the
/// place of the right ones and err where a test says so.
enum PlantedServiceBug: String, Sendable {
    /// The fit fails where the join has no rows.
    case emptyJoinRefused
    /// A model that is on disk is served, whichever task it was fitted for.
    case othersModelServed
    /// After a restart the service knows nothing of what was drawn before.
    case releasesForgotten

    /// The bug of a service that is started in this task.
    @TaskLocal static var active: PlantedServiceBug?

    /// Tasks, by their digests, whose fit refuses an empty join: a fit has a thread of its own and inherits no task.
    static let refusing = Mutex<Set<String>>([])
}

extension Fitter {
    @_dynamicReplacement(for:kernel(_:_:))
    func kernelOrRefusal(_ handover: TableHandover, _ ledger: TaskLedger) throws -> Kernel {
        let kernel = try kernel(handover, ledger)
        if PlantedServiceBug.refusing.withLock({ $0.contains(taskDigest) }), kernel.rows?.rowCount == 0 {
            throw FitFailure.failed
        }
        return kernel
    }
}

extension TaskLedger {
    @_dynamicReplacement(for:refuseStateOfAnotherTask(_:than:))
    static func takeStateOfAnyTask(_ ledger: Ledger, than task: LedgerHash) throws {
        if PlantedServiceBug.active == .othersModelServed { return }
        try refuseStateOfAnotherTask(ledger, than: task)
    }

    @_dynamicReplacement(for:modelDigest())
    func digestOfAnyModel() throws -> String? {
        PlantedServiceBug.active == .othersModelServed ? "of another task" : try modelDigest()
    }

    @_dynamicReplacement(for:reservedUploads())
    func uploadsOfAnyTask() throws -> [String: String]? {
        PlantedServiceBug.active == .othersModelServed ? [:] : try reservedUploads()
    }

    @_dynamicReplacement(for:recognise(model:))
    func recogniseAny(model digest: [UInt8]) throws {
        if PlantedServiceBug.active == .othersModelServed { return }
        try recognise(model: digest)
    }

    @_dynamicReplacement(for:hasReleases())
    func hasForgottenReleases() throws -> Bool {
        PlantedServiceBug.active == .releasesForgotten ? false : try hasReleases()
    }
}
